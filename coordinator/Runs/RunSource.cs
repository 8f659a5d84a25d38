using System.Text.Json.Serialization;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Runs;

/// <summary>One source of a run.</summary>
public sealed record RunSource
{
    public required SourceKey Source { get; init; }

    /// <summary>The task for the agent, as protobuf JSON: a run goes on as it began, even when its plan changes.</summary>
    public required string Task { get; init; }

    public required SourceState State { get; init; }

    /// <summary>Nodes to ask instead, in this order, when this one gives nothing to rely on; for the etcd of a cluster.</summary>
    public IReadOnlyList<string> Alternatives { get; init; } = [];

    /// <summary>Sources to try instead, in this order, when this one fails: the same volume, read by another node that has it mounted.</summary>
    public IReadOnlyList<RunSource> Substitutes { get; init; } = [];

    /// <summary>For volumes of pods and output of their commands: what the source is bound to.</summary>
    public PodVolume? Volume { get; init; }

    /// <summary>True when the pod it was first to be read through had left its node, and this one has the same volume.</summary>
    public bool HasMoved { get; init; }

    /// <summary>For output of a command in a pod, which this side reads itself; null for what agents read.</summary>
    public PodDump? Dump { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public SnapshotId? Snapshot { get; init; }

    public SnapshotCounts? Counts { get; init; }

    public Failure? Failure { get; init; }

    /// <summary>Progress at the end; while it goes on, the work item has it.</summary>
    public WorkProgress Progress { get; init; } = WorkProgress.None;

    /// <summary>Uid of the pod the source is a volume of; null for other sources.</summary>
    [JsonIgnore]
    public string? PodUid => Dump is null && Volume is { PodUid.Length: > 0 } volume ? volume.PodUid : null;

    [JsonIgnore]
    public bool IsOver => State is not (SourceState.Waiting or SourceState.Running);

    /// <summary>The source when nothing of it will be done any more.</summary>
    public RunSource WithoutArguments() => Dump is null && Substitutes.Count == 0 ? this : this with
    {
        Dump = Dump is null ? null : Dump with { Command = Dump.Command.WithoutArguments() },
        Substitutes = [],
    };

    /// <summary>This source as its work ended.</summary>
    public RunSource EndedAs(WorkOutcome outcome, WorkProgress progress, DateTimeOffset now) => outcome switch
    {
        WorkOutcome.SnapshotCommitted committed => this with
        {
            State = committed.Manifest.Outcome == SnapshotOutcome.Completed ? SourceState.Completed : SourceState.PartiallyFailed,
            Snapshot = committed.Manifest.Id,
            Counts = committed.Manifest.Counts,
            StartedAt = StartedAt ?? committed.Manifest.StartedAt,
            FinishedAt = now,
            Progress = progress,
        },
        WorkOutcome.Failed failed => this with
        {
            State = failed.Failure.Cause == FailureCause.Cancelled ? SourceState.Cancelled : SourceState.Failed,
            Failure = failed.Failure,
            FinishedAt = now,
            Progress = progress,
        },
        _ => throw new InvalidOperationException($"A backup cannot end as {outcome.GetType().Name}."),
    };

    /// <summary>The failure of this source, with its place.</summary>
    public Failure FailureOf(FailureCause cause, string message) => new(Source.Node, Source.ToString(), cause, message);
}
