using System.Text.Json.Serialization;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Runs;

/// <summary>One execution of a plan, as kept in its file. Enough to go on after a restart without the plan.</summary>
public sealed record RunRecord
{
    /// <summary>Most notes kept; a plan due every minute during a long run would fill the file otherwise.</summary>
    public const int NotesMax = 100;

    public required RunId Id { get; init; }

    public required string Plan { get; init; }

    public required RunState State { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public required IReadOnlyList<RunSource> Sources { get; init; }

    /// <summary>Chosen before the first attempt to commit, so that a repeated attempt commits the same restore point.</summary>
    public RestorePointId? Point { get; init; }

    /// <summary>True once the restore point is in the store.</summary>
    public bool PointCommitted { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>True when a rule of the plan matched no node: the run cannot be complete.</summary>
    public bool Unmatched { get; init; }

    /// <summary>True for a run of one node's control-plane files after they changed; the schedule does not count it.</summary>
    public bool AfterChange { get; init; }

    /// <summary>True when members of an etcd were found to hold different data: the run has not succeeded, whatever it has.</summary>
    public bool Doubtful { get; init; }

    /// <summary>"schedule", "catch-up" or the operator's name.</summary>
    public required string StartedBy { get; init; }

    /// <summary>Makes a repeated start find this run: an operator's, plan and time of a schedule, the uid of a Backup object. May be empty.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Who cancelled it, null when nobody did.</summary>
    public string? CancelledBy { get; init; }

    public required int MaxConcurrent { get; init; }

    public required TimeSpan NodeWait { get; init; }

    /// <summary>How long its restore point must not be deleted by anybody; null when the plan does not ask for it.</summary>
    public TimeSpan? ImmutableFor { get; init; }

    /// <summary>True when the store could not be brought to keep all of it: the run cannot be complete.</summary>
    public bool NotKept { get; init; }

    /// <summary>Commands to run in pods before and after their volumes are read.</summary>
    public IReadOnlyList<RunHook> Hooks { get; init; } = [];

    /// <summary>True when a command after a backup failed that must not: the run cannot be complete.</summary>
    public bool HookFailed { get; init; }

    [JsonIgnore]
    public bool IsOver => State != RunState.Running;

    /// <summary>
    /// The record as it is kept once the run is over. Until then whoever takes the run up needs whole commands; afterwards nobody does, and people
    /// write passwords into them.
    /// </summary>
    public RunRecord WithoutArguments() => this with
    {
        Sources = [.. Sources.Select(source => source.WithoutArguments())],
        Hooks = [.. Hooks.Select(hook => hook.WithoutArguments())],
    };

    public RunRecord WithNote(string note) => Notes.Count >= NotesMax ? this : this with { Notes = [.. Notes, note] };

    public RunRecord WithSource(int index, RunSource source) =>
        this with { Sources = [.. Sources.Take(index), source, .. Sources.Skip(index + 1)] };
}
