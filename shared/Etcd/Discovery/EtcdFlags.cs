namespace K8sBackup.Etcd.Discovery;

/// <summary>Reads etcd's command line and environment.</summary>
internal static class EtcdFlags
{
    private const string EnvironmentPrefix = "ETCD_";

    /// <summary>Flags of a command line; the last of a name counts.</summary>
    public static Dictionary<string, string> Parse(IReadOnlyList<string> words)
    {
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in CommandLine.Flags(words))
        {
            flags[name] = value;
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
