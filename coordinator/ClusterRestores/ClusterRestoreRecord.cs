using System.Text.Json;
using System.Text.Json.Serialization;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// The journal of one restore of a cluster's etcd: all that its next steps follow from. Written before any step of a phase
/// is ordered, so that a coordinator that comes back orders the same steps again.
/// </summary>
public sealed record ClusterRestoreRecord
{
    public required RestoreId Id { get; init; }

    /// <summary>The operator's id for the request; a repeated request finds this restore by it. May be empty.</summary>
    public string RequestId { get; init; } = "";

    public required string Cluster { get; init; }

    public required RestorePointId Point { get; init; }

    public required SnapshotId Snapshot { get; init; }

    public required SourceKey Source { get; init; }

    public required SnapshotEvidence Evidence { get; init; }

    public required IReadOnlyList<ClusterNode> Nodes { get; init; }

    /// <summary>Nodes and members the operator vouches for that they never come back.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];

    /// <summary>What is built, the same for all nodes (JSON form of <c>RestoreTarget</c>). Without members until it is planned.</summary>
    public required JsonElement Target { get; init; }

    /// <summary>For nodes whose manifest does not say; may be empty.</summary>
    public string TargetVersion { get; init; } = "";

    public required ClusterPhase Phase { get; init; }

    public required RestoreState State { get; init; }

    public IReadOnlyList<string> Transformations { get; init; } = [];

    public IReadOnlyList<string> Obstacles { get; init; } = [];

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What happened, oldest first; the newest ones of very many.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? PlannedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Name in the operator's certificate.</summary>
    public required string StartedBy { get; init; }

    /// <summary>Who typed the cluster's name.</summary>
    public string ConfirmedBy { get; init; } = "";

    /// <summary>Who called it off; empty when nobody did.</summary>
    public string AbortedBy { get; init; } = "";

    /// <summary>Why it is rolled back, or was not carried out.</summary>
    public Failure? Failure { get; init; }

    [JsonIgnore]
    public bool IsOver => Phase == ClusterPhase.Over;

    /// <summary>An etcd may have run on the restored data.</summary>
    public bool HasStartedEtcd { get; init; }

    /// <summary>An API server may have run on the restored data.</summary>
    public bool IsPastReturn { get; init; }

    [JsonIgnore]
    public IEnumerable<ClusterNode> Members => Nodes.Where(node => node.Part == NodePart.Member);
}
