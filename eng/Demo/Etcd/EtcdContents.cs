namespace K8sBackup.Demo.Etcd;

/// <summary>What an etcd holds: for each key its value and revisions as text, and the current revision.</summary>
internal sealed record EtcdContents(IReadOnlyDictionary<string, string> Keys, long Revision)
{
    /// <summary>Differences, one sentence each, at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<string> DifferencesTo(EtcdContents other, int limit)
    {
        ArgumentNullException.ThrowIfNull(other);
        return [.. Keys.Keys.Union(other.Keys.Keys)
            .Where(key => Keys.GetValueOrDefault(key) != other.Keys.GetValueOrDefault(key))
            .Order(StringComparer.Ordinal)
            .Select(key => $"{key}: {Short(Keys.GetValueOrDefault(key))} | {Short(other.Keys.GetValueOrDefault(key))}")
            .Take(limit)];
    }

    private static string Short(string? text) => text is null ? "not there" : text.Length <= 120 ? text : "..." + text[^120..];
}
