using System.Text.Json.Serialization;
using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Drills;

/// <summary>
/// The evidence of one rehearsed restore of one snapshot: what was done, what it took, what it showed. Kept in the store beside the
/// manifests, which never change; the newest one of a snapshot counts.
/// </summary>
public sealed record DrillRecord
{
    /// <summary>Most characters of <see cref="Reason"/>.</summary>
    public const int ReasonLengthMax = 4096;

    public required DrillId Id { get; init; }

    /// <summary>The restore point the snapshot is part of.</summary>
    public required RestorePointId Point { get; init; }

    public required SnapshotId Snapshot { get; init; }

    public required SourceKey Source { get; init; }

    /// <summary>The node it was held on.</summary>
    public required string Node { get; init; }

    /// <summary>"schedule", or the operator's name.</summary>
    public required string StartedBy { get; init; }

    /// <summary>By the coordinator's clock.</summary>
    public required DateTimeOffset BeganAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required DrillVerdict Verdict { get; init; }

    /// <summary>What is wrong; empty when it passed.</summary>
    public string Reason { get; init; } = "";

    /// <summary>For etcd; null when it did not come so far.</summary>
    public EtcdDrill? Etcd { get; init; }

    /// <summary>For files; null when it did not come so far.</summary>
    public FilesDrill? Files { get; init; }

    [JsonIgnore]
    public bool Passed => Verdict == DrillVerdict.Passed;
}
