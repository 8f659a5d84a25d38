namespace K8sBackup.Model.Drills;

/// <summary>What was restored of a tree of files and read back.</summary>
public sealed record FilesDrill
{
    /// <summary>Files restored and read back.</summary>
    public required long Files { get; init; }

    /// <summary>Bytes compared with the repository's hashes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Files of the snapshot the sample was drawn from.</summary>
    public required long FilesInSnapshot { get; init; }

    /// <summary>From the store until all of it was restored.</summary>
    public required TimeSpan Restoring { get; init; }

    /// <summary>Reading back and comparing.</summary>
    public required TimeSpan Comparing { get; init; }
}
