using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Manifests;

/// <summary>The snapshots of one run that belong together, written when the run ends with at least one snapshot.</summary>
public sealed record RestorePointManifest
{
    public required RestorePointId Id { get; init; }

    /// <summary>
    /// Place in the order of commits: one more than the highest of any restore point then. It goes on when a clock goes back.
    /// 0 in manifests of older programs, which come before all others.
    /// </summary>
    public long Sequence { get; init; }

    public required string Cluster { get; init; }

    public required string Plan { get; init; }

    public required RunId Run { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset FinishedAt { get; init; }

    public required SnapshotOutcome Outcome { get; init; }

    /// <summary>One for every source the plan resolved to, the failed ones too.</summary>
    public required IReadOnlyList<SourceResult> Sources { get; init; }

    /// <summary>Whether what is needed to make the cluster again is all there and fits; null when the plan does not ask for both etcd and control-plane files.</summary>
    public RecoverySet? RecoverySet { get; init; }

    /// <summary>
    /// True for the capture of one node's control-plane files after they changed: beside the plan's own restore points, not one of
    /// them. <c>latest</c> does not mean it, and retention counts such captures among themselves.
    /// </summary>
    public bool AfterChange { get; init; }

    /// <summary>Plan rules that matched no node, and anything else people must know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
