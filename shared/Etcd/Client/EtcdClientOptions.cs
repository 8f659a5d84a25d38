namespace K8sBackup.Etcd.Client;

/// <summary>Limits of the etcd client.</summary>
public sealed record EtcdClientOptions
{
    /// <summary>For one unary call. A member under load answers within a few seconds or is not worth asking.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>HashKV walks the whole key space, and defragment rewrites the database.</summary>
    public TimeSpan LongCallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Without new bytes for this long a snapshot has failed (etcd.md 1.2).</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Least time a snapshot is given.</summary>
    public TimeSpan SnapshotTimeMin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most time a snapshot is given, however large: its read transaction makes the member's database grow.</summary>
    public TimeSpan SnapshotTimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Slowest acceptable rate; the time allowed is size over rate, within the two limits above.</summary>
    public long SnapshotBytesPerSecondMin { get; init; } = 10_000_000;

    /// <summary>Largest snapshot taken, digest included. etcd's advised quota is at most 8 GB.</summary>
    public long SnapshotBytesMax { get; init; } = 16L << 30;

    /// <summary>Largest message accepted; servers send 32 KiB, the limit leaves room.</summary>
    public int MessageBytesMax { get; init; } = 16 << 20;
}
