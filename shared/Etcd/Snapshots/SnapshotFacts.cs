namespace K8sBackup.Etcd.Snapshots;

/// <summary>What a verified snapshot says about itself; the evidence kept with a backup.</summary>
public sealed record SnapshotFacts
{
    /// <summary>Length of the file, digest included.</summary>
    public required long FileBytes { get; init; }

    /// <summary>Length of the database inside: pages in use times page size.</summary>
    public required long DatabaseBytes { get; init; }

    /// <summary>SHA-256 of the database in lower-case hex when the file ends in its digest and it matched, else null.</summary>
    public required string? Sha256 { get; init; }

    /// <summary>Page size of the host that created the database.</summary>
    public required int PageSize { get; init; }

    /// <summary>Pages that hold nothing reachable, and may still hold what was deleted.</summary>
    public required long FreePages { get; init; }

    /// <summary>Current revision: the highest of the last entry, both compaction marks and 1.</summary>
    public required long Revision { get; init; }

    /// <summary>Highest compaction mark, 0 when never compacted. Older revisions cannot be read.</summary>
    public required long CompactRevision { get; init; }

    /// <summary>True when the snapshot fell into a running compaction: scheduled but not finished.</summary>
    public required bool CompactionPending { get; init; }

    /// <summary>Entries of all buckets: totalKey as etcdctl up to 3.5 prints it.</summary>
    public required long EntriesTotal { get; init; }

    /// <summary>Distinct keys alive at <see cref="Revision"/>: totalKey from 3.6 on.</summary>
    public required long LiveKeys { get; init; }

    /// <summary>Raft index up to which the database holds everything; null in a database never used by a server.</summary>
    public required ulong? ConsistentIndex { get; init; }

    /// <summary>Raft term, stored from 3.5 on.</summary>
    public required ulong? Term { get; init; }

    /// <summary>Cluster version as stored, for example "3.5.0"; null when absent.</summary>
    public required string? ClusterVersion { get; init; }

    /// <summary>Storage version as stored from 3.6 on; null when absent.</summary>
    public required string? StorageVersion { get; init; }

    /// <summary>Version the data format belongs to; see <see cref="EtcdVersion"/> for what it decides.</summary>
    public required EtcdVersion Version { get; init; }

    /// <summary>Members in the database, by id as stored.</summary>
    public required IReadOnlyList<EtcdMemberFact> Members { get; init; }

    /// <summary>Alarms present when the snapshot was taken.</summary>
    public required IReadOnlyList<EtcdAlarmFact> Alarms { get; init; }

    /// <summary>Leases granted and not yet expired.</summary>
    public required long Leases { get; init; }

    /// <summary>True when etcd's own users and roles are switched on.</summary>
    public required bool AuthEnabled { get; init; }

    /// <summary>True when a downgrade was under way.</summary>
    public required bool DowngradePending { get; init; }

    /// <summary>Keys that live values are encrypted with, as Kubernetes writes in front of them.</summary>
    public required IReadOnlyList<Model.Manifests.EncryptionUse> Encryption { get; init; }

    /// <summary>Hash printed by etcdctl snapshot status.</summary>
    public required uint StatusHash { get; init; }

    /// <summary>HashKV at <see cref="Revision"/> and <see cref="CompactRevision"/>.</summary>
    public required uint KeySpaceHash { get; init; }

    /// <summary>
    /// Entries that parse but contradict themselves (a mod revision other than the entry's own, a creation after it, a
    /// version below 1). Servers write none; more than 0 means the source was damaged.
    /// </summary>
    public required long InconsistentEntries { get; init; }
}
