using System.Text.Json.Serialization;

namespace K8sBackup.Model.Drills;

/// <summary>What a real etcd, started on the snapshot, answered, and how long it took to get there.</summary>
public sealed record EtcdDrill
{
    public required long Revision { get; init; }

    /// <summary>HashKV as the started server computed it.</summary>
    public required uint HashKv { get; init; }

    /// <summary>Keys the started server counted.</summary>
    public required long Keys { get; init; }

    /// <summary>Keys that were read one by one and compared.</summary>
    public required int KeysRead { get; init; }

    public required long DatabaseBytes { get; init; }

    public required string ServerVersion { get; init; }

    /// <summary>Where its program came from.</summary>
    public required string BinaryOrigin { get; init; }

    /// <summary>Empty when the server had a network of its own; else why it had not.</summary>
    public string NotIsolatedBecause { get; init; } = "";

    public required TimeSpan Downloading { get; init; }

    public required TimeSpan Building { get; init; }

    public required TimeSpan Starting { get; init; }

    /// <summary>Asking for hash and count, and reading the keys.</summary>
    public required TimeSpan Proving { get; init; }

    /// <summary>From the store to an etcd that serves: the measured time to recover one member.</summary>
    [JsonIgnore]
    public TimeSpan TimeToRecover => Downloading + Building + Starting;
}
