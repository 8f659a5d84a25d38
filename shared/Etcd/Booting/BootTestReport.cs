using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Booting;

/// <summary>An etcd started on the data, and everything asked of it was as predicted.</summary>
public sealed record BootTestReport
{
    /// <summary>What was built and predicted.</summary>
    public required BuiltDataDir Built { get; init; }

    /// <summary>Version of the server, as it answered.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Where its program came from.</summary>
    public required string BinaryOrigin { get; init; }

    /// <summary>Keys a client can read.</summary>
    public required long Keys { get; init; }

    /// <summary>Keys read one by one and compared.</summary>
    public required int KeysRead { get; init; }

    /// <summary>Null when the server had a network namespace of its own; else why it had not, and used the node's loopback.</summary>
    public required string? NotIsolatedBecause { get; init; }

    /// <summary>Time to verify the snapshot, build the data-dir and read it back.</summary>
    public required TimeSpan Building { get; init; }

    /// <summary>Time from the start of the process until it served reads.</summary>
    public required TimeSpan Starting { get; init; }

    /// <summary>Time to ask for hash, count, alarms and identity.</summary>
    public required TimeSpan Proving { get; init; }

    /// <summary>Time to read the sampled keys.</summary>
    public required TimeSpan Reading { get; init; }

    /// <summary>From the snapshot on disk to a server that serves: what a restore of one member takes.</summary>
    public TimeSpan TimeToServe => Building + Starting;
}
