using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Manifests;

/// <summary>One source at one time. It exists in the store only after everything it references is durable.</summary>
public sealed record SnapshotManifest
{
    public required SnapshotId Id { get; init; }

    public required string Cluster { get; init; }

    public required SourceKey Source { get; init; }

    public required RunId Run { get; init; }

    public required string Plan { get; init; }

    /// <summary>Coordinator's time. Agents' clocks decide nothing.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }

    /// <summary>Root block of the tree.</summary>
    public required ChunkId Root { get; init; }

    /// <summary>Sorted unique ids of every chunk the snapshot needs, as chunks of packed 32-byte ids, for fast marking.</summary>
    public required IReadOnlyList<ChunkId> ChunkList { get; init; }

    /// <summary>How many ids <see cref="ChunkList"/> holds.</summary>
    public required long Chunks { get; init; }

    public required SnapshotCounts Counts { get; init; }

    public required SnapshotOutcome Outcome { get; init; }

    /// <summary>The snapshot this one was compared with, if any.</summary>
    public SnapshotId? Parent { get; init; }

    /// <summary>Root of the volume on the node, or the host root for control-plane files; printable.</summary>
    public string SourcePath { get; init; } = "";

    /// <summary>At most <see cref="ItemOutcome.ListedMax"/>.</summary>
    public IReadOnlyList<ItemOutcome> Items { get; init; } = [];

    /// <summary>What was expected on the node and is not there (control-plane files).</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>For etcd snapshots.</summary>
    public EtcdEvidence? Etcd { get; init; }

    /// <summary>For control-plane files; null in manifests of older programs.</summary>
    public ControlPlaneFacts? ControlPlane { get; init; }

    /// <summary>For volumes of pods: what the snapshot is bound to. Null for others, and in manifests of older programs.</summary>
    public PodVolume? Volume { get; init; }

    /// <summary>What the plan's rules left out; null in manifests of older programs, and for etcd.</summary>
    public Exclusions? Exclusions { get; init; }

    public string AgentVersion { get; init; } = "";
}
