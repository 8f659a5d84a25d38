namespace K8sBackup.Etcd.Discovery;

/// <summary>Reads etcd's command line and environment.</summary>
internal static class EtcdFlags
{
    private const string EnvironmentPrefix = "ETCD_";

    /// <summary>Flags of a command line, whose first word is the program: <c>--a=b</c>, <c>--a b</c>, and with one dash.</summary>
    public static Dictionary<string, string> Parse(IReadOnlyList<string> words)
    {
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
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
                flags[word[..equals]] = word[(equals + 1)..];
            }
            else if (i + 1 < words.Count && !words[i + 1].StartsWith('-'))
            {
                flags[word] = words[++i];
            }
            else
            {
                flags[word] = "true";
            }
        }

        return flags;
    }

    /// <summary>Adds settings from variables such as ETCD_DATA_DIR; a flag wins over its variable, as in etcd.</summary>
    public static void AddEnvironment(Dictionary<string, string> flags, string name, string value)
    {
        if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
        {
            flags.TryAdd(name[EnvironmentPrefix.Length..].ToLowerInvariant().Replace('_', '-'), value);
        }
    }
}
