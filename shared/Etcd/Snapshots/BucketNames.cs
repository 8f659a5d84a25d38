namespace K8sBackup.Etcd.Snapshots;

/// <summary>Names of the buckets and keys of an etcd v3 database that mean something to us (etcd.md section 3).</summary>
internal static class BucketNames
{
    public static ReadOnlySpan<byte> Alarm => "alarm"u8;

    public static ReadOnlySpan<byte> Auth => "auth"u8;

    public static ReadOnlySpan<byte> Cluster => "cluster"u8;

    public static ReadOnlySpan<byte> Key => "key"u8;

    public static ReadOnlySpan<byte> Lease => "lease"u8;

    public static ReadOnlySpan<byte> Members => "members"u8;

    public static ReadOnlySpan<byte> MembersRemoved => "members_removed"u8;

    public static ReadOnlySpan<byte> Meta => "meta"u8;

    public static ReadOnlySpan<byte> ConsistentIndex => "consistent_index"u8;

    public static ReadOnlySpan<byte> Term => "term"u8;

    public static ReadOnlySpan<byte> ConfState => "confState"u8;

    public static ReadOnlySpan<byte> StorageVersion => "storageVersion"u8;

    public static ReadOnlySpan<byte> ScheduledCompactRevision => "scheduledCompactRev"u8;

    public static ReadOnlySpan<byte> FinishedCompactRevision => "finishedCompactRev"u8;

    public static ReadOnlySpan<byte> ClusterVersion => "clusterVersion"u8;

    public static ReadOnlySpan<byte> Downgrade => "downgrade"u8;

    public static ReadOnlySpan<byte> AuthEnabled => "authEnabled"u8;
}
