using K8sBackup.Coordinator.Dumps;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// One piece of work of one node, from the moment it may be sent until its owner (the run or restore engine) takes it
/// off the board. Progress and completion may be reported from any thread; the first outcome stands.
/// </summary>
public sealed class WorkItem : IDisposable
{
    // A coordinator starts once or twice while a piece of work goes on; an agent that keeps saying so has another trouble.
    private const int RepeatsMax = 3;

    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource<WorkOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile WorkProgress _progress = WorkProgress.None;
    private volatile bool _started;
    private int _repeats;

    private WorkItem(string node, Wire.Work work, BackupWork? backup, RestoreWork? restore, StepWork? step)
    {
        Node = node;
        Work = work;
        Backup = backup;
        Restore = restore;
        Step = step;
        Cancellation = _cancellation.Token;
    }

    /// <summary>Stable over restarts of both sides (<see cref="WorkIds"/>).</summary>
    public string WorkId => Work.WorkId;

    /// <summary>The only node whose agent may touch it.</summary>
    public string Node { get; }

    /// <summary>The message the agent gets. Not to be changed.</summary>
    public Wire.Work Work { get; }

    /// <summary>Set for backups.</summary>
    public BackupWork? Backup { get; }

    /// <summary>Set for restores, and for the step of one that fetches a snapshot.</summary>
    public RestoreWork? Restore { get; }

    /// <summary>Set for steps of the restore of a cluster's etcd.</summary>
    public StepWork? Step { get; }

    /// <summary>Set beside <see cref="Backup"/> for output of a command in a pod, which this side reads itself and no agent may.</summary>
    public PodDump? Dump { get; private init; }

    /// <summary>The source read from or given back.</summary>
    public SourceKey Source => Backup?.Source ?? Restore?.Source ?? Step!.Source;

    /// <summary>The latest progress the agent reported.</summary>
    public WorkProgress Progress => _progress;

    /// <summary>True once the agent has shown that it works on it.</summary>
    public bool Started => _started;

    /// <summary>Cancelled when the operator wants the work to stop; nothing may be committed for it afterwards.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Completes with the first outcome reported.</summary>
    public Task<WorkOutcome> Completion => _completion.Task;

    public static WorkItem ForBackup(BackupWork backup, Wire.BackupTask task)
    {
        ArgumentNullException.ThrowIfNull(backup);
        string id = WorkIds.ForBackup(backup.Run, backup.Source);
        return new WorkItem(backup.Source.Node, new Wire.Work { WorkId = id, Backup = task }, backup, null, null);
    }

    public static WorkItem ForDump(BackupWork backup, Wire.BackupTask task, PodDump dump)
    {
        ArgumentNullException.ThrowIfNull(backup);
        string id = WorkIds.ForBackup(backup.Run, backup.Source);
        return new WorkItem(backup.Source.Node, new Wire.Work { WorkId = id, Backup = task }, backup, null, null) { Dump = dump };
    }

    public static WorkItem ForRestore(string node, RestoreWork restore, Wire.RestoreTask task)
    {
        ArgumentNullException.ThrowIfNull(restore);
        Invariant.Check(SourceKey.IsName(node));
        return new WorkItem(node, new Wire.Work { WorkId = WorkIds.ForRestore(restore.Restore), Restore = task }, null, restore, null);
    }

    /// <param name="workId">From <see cref="WorkIds.ForStep"/>.</param>
    /// <param name="node">The node that does it.</param>
    /// <param name="step">What it is part of.</param>
    /// <param name="snapshot">What it may fetch; null for nothing.</param>
    /// <param name="task">The message for the agent.</param>
    public static WorkItem ForStep(string workId, string node, StepWork step, RestoreWork? snapshot, Wire.RestoreStepTask task)
    {
        ArgumentNullException.ThrowIfNull(step);
        Invariant.Check(SourceKey.IsName(node));
        return new WorkItem(node, new Wire.Work { WorkId = workId, Step = task }, null, snapshot, step);
    }

    /// <summary>Releases the cancellation. Called by the board when the item is taken off.</summary>
    public void Dispose() => _cancellation.Dispose();

    internal void Report(WorkProgress progress)
    {
        _progress = progress;
        _started = true;
    }

    /// <summary>Whether it is to be done again by an agent that gave it up through no fault of the work.</summary>
    internal bool TryRepeat() => !_cancellation.IsCancellationRequested && Interlocked.Increment(ref _repeats) <= RepeatsMax;

    internal bool Complete(WorkOutcome outcome) => _completion.TrySetResult(outcome);

    internal void Cancel() => _cancellation.Cancel();
}
