using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>What to build for one member. All members of a cluster are built from the same database, list, token and bump.</summary>
public sealed record DataDirRequest
{
    /// <summary>
    /// Customary distance (etcd.md section 6): above the writes of any snapshot's age, and 2^63 leaves room for billions of restores.
    /// </summary>
    public const long DefaultRevisionBump = 1_000_000_000;

    /// <summary>The snapshot or database file; only read.</summary>
    public required string DatabasePath { get; init; }

    /// <summary>Whether that file ends in its digest.</summary>
    public DigestRule Digest { get; init; } = DigestRule.Required;

    /// <summary>
    /// Directory to create <c>member/</c> in; missing or empty. On the file system of the data-dir when it is to be swapped in.
    /// </summary>
    public required string StageDirectory { get; init; }

    /// <summary>Directory to create the WAL in when etcd keeps it apart (--wal-dir); null for <c>member/wal</c>.</summary>
    public string? WalStageDirectory { get; init; }

    /// <summary>All members of the new cluster.</summary>
    public required IReadOnlyList<InitialMember> Members { get; init; }

    /// <summary>The member this data-dir is for.</summary>
    public required string MemberName { get; init; }

    /// <summary>Token of this restore and no other.</summary>
    public required string ClusterToken { get; init; }

    /// <summary>Version of the etcd that will run on the data-dir.</summary>
    public required EtcdVersion TargetVersion { get; init; }

    /// <summary>The revision to restore, from the compact revision of the snapshot to its newest; null for the newest.</summary>
    public long? Revision { get; init; }

    /// <summary>
    /// Revisions to jump ahead, with everything before marked compacted, so that watchers notice the step back in time. 0 keeps
    /// the revision and every key, for comparisons only.
    /// </summary>
    public long RevisionBump { get; init; } = DefaultRevisionBump;

    /// <summary>Owner of the files; null leaves them to the current user.</summary>
    public FileOwner? Owner { get; init; }

    /// <summary>The old <c>member</c> directory, whose SELinux label the new files get; null or without a label for none.</summary>
    public string? LabelFrom { get; init; }
}
