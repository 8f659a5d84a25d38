using System.Threading.Channels;
using Google.Protobuf;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// One run that goes on. A single loop owns it: each step takes in what ended, gives up what cannot go on and starts
/// what fits; between steps it waits for a change of its nodes' work, and for a second at most, since nodes come and go
/// and time limits pass. When every source is over, the restore point is committed. Stopping the loop (shutdown)
/// leaves the run as it is, to be taken up again by <see cref="ResumeAsync"/>.
/// </summary>
internal sealed class RunExecution
{
    private static readonly TimeSpan StepInterval = TimeSpan.FromSeconds(1);

    // An agent answers within a second; one that does not is not waited for.
    private static readonly TimeSpan CancelWait = TimeSpan.FromSeconds(10);

    private readonly RunServices _services;
    private readonly Lock _lock = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly long _loopStarted;
    private readonly RunHooks _hooks;
    private readonly RunDumps _dumps;
    private RunRecord _run;
    private long? _cancelSeen;

    public RunExecution(RunRecord run, RunServices services)
    {
        _run = run;
        _services = services;
        _loopStarted = services.Clock.GetTimestamp();
        _hooks = new RunHooks(services, () => _run, Update, () => _wake.Writer.TryWrite(true));
        _dumps = new RunDumps(services.Dumps, Note);
    }

    private DateTimeOffset Now => _services.Clock.GetUtcNow();

    /// <summary>Asks for the run to end. Any thread; only the first time counts.</summary>
    public void Cancel(string by)
    {
        RunLog.Cancelled(_services.Log, _run.Id.ToString(), by);
        Update(run => run.CancelledBy is null ? run with { CancelledBy = by } : run);
        _wake.Writer.TryWrite(true);
    }

    /// <summary>Adds a note. Any thread.</summary>
    public void Note(string note) => Update(run => run.WithNote(note));

    /// <summary>Ends the run as failed, after its loop met a defect.</summary>
    public async Task AbandonAsync(CancellationToken stopping)
    {
        await _hooks.ReleaseAllAsync(stopping);
        Update(run => run.WithNote("The coordinator met a defect; its log has the details.") with { State = RunState.Failed, FinishedAt = Now });
        TakeDown();
    }

    /// <summary>
    /// Before the loop, after a restart: recognises snapshots committed meanwhile and puts running work up again, so
    /// that agents which carried on are not told to stop.
    /// </summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < _run.Sources.Count; i++)
        {
            RunSource source = _run.Sources[i];
            if (source.IsOver)
            {
                continue;
            }

            SnapshotManifest? committed = await _services.Snapshots.FindAsync(_run.Id, source.Source, cancellationToken);
            if (committed is not null)
            {
                End(i, new WorkOutcome.SnapshotCommitted(committed), source.Progress);
            }
            else if (source.State == SourceState.Running)
            {
                _services.Board.Add(ItemOf(source));
            }
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _dumps.EndWith(end.Token);
        _services.Board.Changed += Wake;
        try
        {
            Task<bool> woken = _wake.Reader.ReadAsync(stopping).AsTask();
            while (!Step(stopping))
            {
                await Task.WhenAny(woken, Task.Delay(StepInterval, _services.Clock, stopping));
                stopping.ThrowIfCancellationRequested();
                woken = woken.IsCompleted ? _wake.Reader.ReadAsync(stopping).AsTask() : woken;
            }

            await new RunCompletion(_services).CompleteAsync(() => _run, Update, stopping);
            TakeDown();
        }
        finally
        {
            _services.Board.Changed -= Wake;
            await end.CancelAsync();
            await Task.WhenAll(_hooks.DrainAsync(), _dumps.DrainAsync());
        }
    }

    /// <summary>One look at everything; true when every source is over, and its pod released.</summary>
    private bool Step(CancellationToken stopping)
    {
        _cancelSeen ??= _run.CancelledBy is null ? null : _services.Clock.GetTimestamp();
        foreach (int i in Order())
        {
            RunSource source = _run.Sources[i];
            if (source.State == SourceState.Running)
            {
                Follow(i, source);
            }
            else if (source.State == SourceState.Waiting)
            {
                StartOrGiveUp(i, source, stopping);
            }
        }

        return _hooks.Settle(stopping) && _run.Sources.All(s => s.IsOver);
    }

    // A pod that is held still goes first, so that it is let go soon.
    private IEnumerable<int> Order()
    {
        IEnumerable<int> all = Enumerable.Range(0, _run.Sources.Count);
        return _run.Hooks.Count == 0 ? all : [.. all.OrderByDescending(i => _hooks.IsPrepared(_run.Sources[i]))];
    }

    private void Follow(int index, RunSource source)
    {
        WorkItem item = _services.Board.Add(ItemOf(source));
        _dumps.Follow(item);
        if (!item.Completion.IsCompleted && _cancelSeen is { } since)
        {
            if (!item.Cancellation.IsCancellationRequested)
            {
                _services.Board.Cancel(item.WorkId);
            }

            if (_services.Clock.GetElapsedTime(since) >= CancelWait)
            {
                _services.Board.ReportResult(item.WorkId, Failed(source, FailureCause.Cancelled, $"The run was cancelled by {_run.CancelledBy}."));
            }
        }

        if (!item.Completion.IsCompleted && source.Dump is null && Away(source) is { } away && away >= _run.NodeWait)
        {
            _services.Board.ReportResult(item.WorkId, Failed(
                source, FailureCause.NodeUnavailable, $"The node's agent went away and did not come back within {_run.NodeWait}."));
        }

        if (item.Completion.IsCompleted)
        {
            End(index, item.Completion.Result, item.Progress);
        }
    }

    private void StartOrGiveUp(int index, RunSource source, CancellationToken stopping)
    {
        if (_run.CancelledBy is { } by)
        {
            End(index, Failed(source, FailureCause.Cancelled, $"The run was cancelled by {by} before this source began."), WorkProgress.None);
        }
        else if (source.Dump is not null || _services.Nodes.IsConnected(source.Source.Node))
        {
            if (_run.Sources.Count(s => s.State == SourceState.Running) < _run.MaxConcurrent)
            {
                Start(index, source, stopping);
            }
        }
        else if (Away(source) is { } away && away >= _run.NodeWait)
        {
            End(index, Failed(source, FailureCause.NodeUnavailable, $"No agent of the node connected within {_run.NodeWait}."), WorkProgress.None);
        }
    }

    private void Start(int index, RunSource source, CancellationToken stopping)
    {
        // A pod is not held while its volumes could not be read anyway, and the place of one that is held is not given away.
        if (!_services.Slots.HasRoom(source.Source.Node, _hooks.HeldBesides(source)))
        {
            return;
        }

        HookGate gate = _hooks.Ask(source, stopping);
        if (gate.Failure is { } failure)
        {
            End(index, new WorkOutcome.Failed(failure), WorkProgress.None);
        }
        else if (gate.IsOpen && _services.Slots.TryStart(ItemOf(source)))
        {
            Update(run => run.WithSource(index, source with { State = SourceState.Running, StartedAt = Now }));
        }
    }

    // Since the loop began at most: a node that was away for days before still gets its time to come back.
    private TimeSpan Away(RunSource source)
    {
        TimeSpan away = _services.Nodes.AwayFor(source.Source.Node);
        TimeSpan watched = _services.Clock.GetElapsedTime(_loopStarted);
        return away < watched ? away : watched;
    }

    private void End(int index, WorkOutcome outcome, WorkProgress progress)
    {
        RunSource ended = _run.Sources[index].EndedAs(outcome, progress, Now);
        SourceFallback? fallback = SourceFallback.After(_run, ended, outcome) ?? MovedVolume.After(_run, ended, outcome, _services.View?.Current, _services.Nodes);
        Update(run => fallback is null ? run.WithSource(index, ended) : fallback.Apply(run, index, ended));
        ReportDoubts(ended, outcome, fallback);
        if (ended.Failure is { } failure)
        {
            RunLog.SourceFailed(_services.Log, _run.Id.ToString(), failure.ToString());
        }
        else
        {
            RunLog.SourceCompleted(_services.Log, _run.Id.ToString(), ended.Source.ToString(), ended.Snapshot.ToString()!);
        }
    }

    private void ReportDoubts(RunSource ended, WorkOutcome outcome, SourceFallback? fallback)
    {
        if (outcome is WorkOutcome.SnapshotCommitted { Manifest.Etcd: { } etcd } && DoubtOf(etcd) is { Length: > 0 } doubt)
        {
            RunLog.Doubtful(_services.Log, _run.Id.ToString(), ended.Source.ToString(), doubt);
            Update(run => (run.Notes.Contains(doubt) ? run : run.WithNote(doubt)) with { Doubtful = true });
        }

        if (fallback is not null)
        {
            RunLog.AnotherMember(_services.Log, _run.Id.ToString(), fallback.Note);
            if (fallback.Replaces)
            {
                _services.Board.Remove(WorkIds.ForBackup(_run.Id, ended.Source));
            }
        }
    }

    // A sound snapshot may show that another member is not.
    private static string DoubtOf(EtcdEvidence etcd) => EtcdSuspicion.Disagreement(etcd) is { Length: > 0 } disagreement ? disagreement : etcd.Suspicion;

    private WorkItem ItemOf(RunSource source) =>
        _services.Board.Find(WorkIds.ForBackup(_run.Id, source.Source))
        ?? NewItem(
            new BackupWork(_run.Id, _run.Plan, source.Source, source.StartedAt ?? Now), JsonParser.Default.Parse<Wire.BackupTask>(source.Task), source.Dump);

    private static WorkItem NewItem(BackupWork work, Wire.BackupTask task, PodDump? dump) =>
        dump is null ? WorkItem.ForBackup(work, task) : WorkItem.ForDump(work, task, dump);

    private void TakeDown()
    {
        foreach (RunSource source in _run.Sources)
        {
            _services.Board.Remove(WorkIds.ForBackup(_run.Id, source.Source));
        }
    }

    private static WorkOutcome.Failed Failed(RunSource source, FailureCause cause, string message) => new(source.FailureOf(cause, message));

    private void Update(Func<RunRecord, RunRecord> change)
    {
        lock (_lock)
        {
            RunRecord changed = change(_run);
            if (changed != _run)
            {
                _run = changed;
                _services.Store.Save(changed);
            }
        }
    }

    private void Wake(string node) => _wake.Writer.TryWrite(true);
}
