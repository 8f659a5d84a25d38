using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Drills;

/// <summary>One drill from the moment it is asked for.</summary>
public sealed record DrillCase
{
    public required DrillId Id { get; init; }

    public required RestorePointId Point { get; init; }

    public required SnapshotManifest Snapshot { get; init; }

    /// <summary>The node asked for; empty to choose one when its turn comes.</summary>
    public string Node { get; init; } = "";

    /// <summary>The files to restore, and how many the snapshot has; none for etcd.</summary>
    public FileSample Sample { get; init; } = FileSample.None;

    public required string StartedBy { get; init; }

    public required DrillState State { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string Reason { get; init; } = "";

    public Failure? Failure { get; init; }

    public EtcdDrill? Etcd { get; init; }

    public FilesDrill? Files { get; init; }

    public SourceKey Source => Snapshot.Source;

    public bool IsOver => State is not (DrillState.Waiting or DrillState.Running);

    /// <summary>The work an agent does for it goes by this id.</summary>
    public RestoreId Work => new(Id.Value);

    /// <summary>What is kept in the store.</summary>
    public DrillRecord ToRecord() => new()
    {
        Id = Id,
        Point = Point,
        Snapshot = Snapshot.Id,
        Source = Source,
        Node = Node,
        StartedBy = StartedBy,
        BeganAt = BeganAt,
        EndedAt = EndedAt ?? BeganAt,
        Verdict = State == DrillState.Passed ? DrillVerdict.Passed : DrillVerdict.Failed,
        Reason = Reason.Length <= DrillRecord.ReasonLengthMax ? Reason : Reason[..DrillRecord.ReasonLengthMax],
        Etcd = Etcd,
        Files = Files,
    };
}
