namespace K8sBackup.Agent.PodVolumes;

/// <summary>Compares the NFS export that is mounted with the one a volume is of.</summary>
internal static class NfsExport
{
    /// <summary>Null when the mount is of that export; otherwise what it is.</summary>
    /// <param name="mount">File system and source of the mount; null when they cannot be told.</param>
    /// <param name="export">Server, colon and path.</param>
    public static string? Fault((string FileSystem, string Source)? mount, string export) => mount switch
    {
        null => "what is mounted cannot be told",
        { FileSystem: var type } when !type.StartsWith("nfs", StringComparison.Ordinal) => $"a file system of type {type} is mounted, and no NFS",
        { Source: var source } when Normal(source) != Normal(export) => $"{source} is mounted, and not {export}",
        _ => null,
    };

    // The kernel and people write addresses with or without brackets, and paths with or without a slash at the end.
    private static string Normal(string export)
    {
        int colon = export.IndexOf(":/", StringComparison.Ordinal);
        return colon < 0 ? export : export[..colon].Trim('[', ']').ToLowerInvariant() + ":" + "/" + export[(colon + 1)..].Trim('/');
    }
}
