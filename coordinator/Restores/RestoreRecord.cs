using System.Text.Json;
using System.Text.Json.Serialization;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// One restore as it is kept in <c>restores/</c> of the state directory: everything needed to go on with it after a
/// restart, and how it ended. Progress is not part of it.
/// </summary>
public sealed record RestoreRecord
{
    public required RestoreId Id { get; init; }

    /// <summary>The operator's id for the request; a repeated request finds this restore by it. May be empty.</summary>
    public string RequestId { get; init; } = "";

    public required RestorePointId Point { get; init; }

    public required SnapshotId Snapshot { get; init; }

    public required SourceKey Source { get; init; }

    /// <summary>The node restored on.</summary>
    public required string Node { get; init; }

    /// <summary>The volume of a running pod restored into; null for a directory of the node, and for etcd.</summary>
    public PodVolume? Into { get; init; }

    /// <summary>Selected entries as raw names, base 64 in the file; empty for everything.</summary>
    public IReadOnlyList<byte[]> Paths { get; init; } = [];

    /// <summary>The task as the agent gets it (JSON form of <c>RestoreTask</c>).</summary>
    public required JsonElement Task { get; init; }

    public required RestoreState State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public Failure? Failure { get; init; }

    /// <summary>What the agent reported at the end (JSON form of <c>RestoreReport</c>).</summary>
    public JsonElement? Report { get; init; }

    /// <summary>Name in the operator's certificate.</summary>
    public required string StartedBy { get; init; }

    [JsonIgnore]
    public bool IsOver => State is not (RestoreState.Waiting or RestoreState.Running);
}
