namespace K8sBackup.Etcd.DataDir;

/// <summary>A data-dir that was built, with what its etcd will answer once it runs: the expectations of the health check.</summary>
public sealed record BuiltDataDir
{
    /// <summary>The directory to swap in as <c>member</c>.</summary>
    public required string MemberDirectory { get; init; }

    /// <summary>Where the WAL was written.</summary>
    public required string WalDirectory { get; init; }

    /// <summary>Id of the new cluster.</summary>
    public required ulong ClusterId { get; init; }

    /// <summary>Id of the member this data-dir is for.</summary>
    public required ulong MemberId { get; init; }

    /// <summary>Ids of all members, ascending.</summary>
    public required IReadOnlyList<ulong> MemberIds { get; init; }

    /// <summary>Revision whose state is restored: the snapshot's, or the one that was chosen in its history.</summary>
    public required long RevisionBefore { get; init; }

    /// <summary>Revision the restored cluster starts with.</summary>
    public required long RevisionAfter { get; init; }

    /// <summary>Compact revision the restored cluster starts with; equals <see cref="RevisionAfter"/> after a bump.</summary>
    public required long CompactRevision { get; init; }

    /// <summary>Distinct live keys; a bump adds one with an empty name.</summary>
    public required long LiveKeys { get; init; }

    /// <summary>Length of the new database file.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>
    /// HashKV at <see cref="RevisionAfter"/>, predicted from the source. Ask the member with revision 0 right after its start:
    /// asked with the number itself, servers up to 3.5 answer "compacted".
    /// </summary>
    public required uint KeySpaceHash { get; init; }

    /// <summary>How the new database differs from the snapshot.</summary>
    public required IReadOnlyList<DataDirTransformation> Transformations { get; init; }

    /// <summary>Whether the operator is to be warned about the target version.</summary>
    public required VersionFit VersionFit { get; init; }
}
