namespace K8sBackup.Etcd.Discovery;

/// <summary>Reads flags as the components of Kubernetes do: <c>--a=b</c>, <c>--a b</c>, <c>--a</c>, and with one dash.</summary>
internal static class CommandLine
{
    /// <summary>The flags in their order; other words are passed over, and a flag that stands alone is "true".</summary>
    public static IEnumerable<KeyValuePair<string, string>> Flags(IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].TrimStart('-');
            if (word.Length == words[i].Length || word.Length == 0)
            {
                continue;
            }

            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals >= 0)
            {
                yield return new(word[..equals], word[(equals + 1)..]);
            }
            else if (i + 1 < words.Count && !words[i + 1].StartsWith('-'))
            {
                yield return new(word, words[++i]);
            }
            else
            {
                yield return new(word, "true");
            }
        }
    }
}
