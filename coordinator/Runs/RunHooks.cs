using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// The hooks of one run. A pod is prepared when the first of its volumes could be read, stays so until the last is over, and is released
/// whatever happened in between: failure, cancellation, death of the node or of this process. Every state is saved before what it names begins.
/// What was going on when the process ended is not known to have happened, so a pod found in preparation is released and prepared once more.
/// </summary>
internal sealed class RunHooks
{
    private readonly RunServices _services;
    private readonly Func<RunRecord> _run;
    private readonly Action<Func<RunRecord, RunRecord>> _update;
    private readonly Action _wake;
    private readonly HookRunner _runner;

    // One loop asks; the tasks only update the record. Keyed by the pod's uid.
    private readonly Dictionary<string, Task> _going = new(StringComparer.Ordinal);

    public RunHooks(RunServices services, Func<RunRecord> run, Action<Func<RunRecord, RunRecord>> update, Action wake)
    {
        _services = services;
        _run = run;
        _update = update;
        _wake = wake;
        _runner = new HookRunner(services.Commands, services.Clock);
    }

    /// <summary>True when the source's pod waits, prepared, for its volumes to be read: such sources go first.</summary>
    public bool IsPrepared(RunSource source) => HookOf(source) is { State: HookState.Prepared };

    /// <summary>How many other pods on the source's node are held, or about to be, and wait for a volume to be read.</summary>
    public int HeldBesides(RunSource source)
    {
        RunRecord run = _run();
        return run.Hooks.Count(hook => hook.State is HookState.Preparing or HookState.Prepared && hook.Pod.Uid != source.PodUid
            && run.Sources.Any(s => s.PodUid == hook.Pod.Uid && s.Source.Node == source.Source.Node && s.State == SourceState.Waiting));
    }

    /// <summary>Whether the source may begin; its pod's preparation begins with the first question.</summary>
    public HookGate Ask(RunSource source, CancellationToken stopping)
    {
        if (source.Dump is { } dump)
        {
            // A pod that is held, with its database locked or its disk frozen, is not asked for a dump.
            return _run().Hooks.Any(h => h.Pod.Uid == dump.Pod.Uid && h.State is not (HookState.Waiting or HookState.Released)) ? HookGate.Closed : HookGate.Open;
        }

        if (HookOf(source) is not { } hook)
        {
            return HookGate.Open;
        }

        if (hook.State == HookState.Waiting)
        {
            // Dumps go first: a pod is not held for as long as they take.
            if (_run().Sources.Any(s => !s.IsOver && s.Dump?.Pod.Uid == hook.Pod.Uid))
            {
                return HookGate.Closed;
            }

            Launch(hook, () => PrepareAsync(hook, stopping));
        }

        return hook.State switch
        {
            HookState.Prepared => HookGate.Open,
            HookState.Waiting or HookState.Preparing => HookGate.Closed,
            _ => HookGate.Refused(source.FailureOf(FailureCause.HookFailed, hook.Failure?.Message ?? "The pod's hooks are over already.")),
        };
    }

    /// <summary>Releases pods whose volumes are over and takes up what an earlier process left; true when nothing is left to be done.</summary>
    public bool Settle(CancellationToken stopping)
    {
        RunRecord run = _run();
        if (run.Hooks.Count == 0)
        {
            return true;
        }

        HashSet<string> busy = [.. run.Sources.Where(s => !s.IsOver && s.PodUid is not null).Select(s => s.PodUid!)];
        foreach (RunHook hook in run.Hooks.Where(h => !h.IsOver && !IsGoing(h)))
        {
            Settle(hook, busy.Contains(hook.Pod.Uid), stopping);
        }

        return _run().Hooks.All(h => h.IsOver);
    }

    /// <summary>Releases every pod that is held, for a run that cannot go on.</summary>
    public async Task ReleaseAllAsync(CancellationToken stopping)
    {
        await DrainAsync();
        foreach (RunHook hook in _run().Hooks.Where(h => h.State is not (HookState.Waiting or HookState.Released)))
        {
            await ReleaseAsync(hook, stopping);
        }
    }

    /// <summary>Waits until no command runs for this run.</summary>
    public async Task DrainAsync() => await Task.WhenAll(_going.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Settle(RunHook hook, bool busy, CancellationToken stopping)
    {
        switch (hook.State)
        {
            case HookState.Waiting when !busy:
                Change(hook, h => h with { State = HookState.Released });
                break;
            case HookState.Preparing when busy:
                Launch(hook, () => PrepareAgainAsync(hook, stopping));
                break;
            case HookState.Releasing:
            case not HookState.Waiting when !busy:
                Launch(hook, () => ReleaseAsync(hook, stopping));
                break;
            default:
                break;
        }
    }

    private RunHook? HookOf(RunSource source) =>
        source.PodUid is { } uid ? _run().Hooks.FirstOrDefault(h => h.Pod.Uid == uid) : null;

    // A defect met in a task is the loop's.
    private bool IsGoing(RunHook hook)
    {
        if (!_going.TryGetValue(hook.Pod.Uid, out Task? task) || !task.IsCompleted)
        {
            return task is not null;
        }

        task.GetAwaiter().GetResult();
        return false;
    }

    private void Launch(RunHook hook, Func<Task> work) => _going[hook.Pod.Uid] = FollowAsync(work);

    private async Task FollowAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The process ends; the record says what is to be taken up.
        }
        finally
        {
            _wake();
        }
    }

    private async Task PrepareAgainAsync(RunHook hook, CancellationToken stopping)
    {
        Note((await _runner.ReleaseAsync(hook, stopping)).Notes);
        await PrepareAsync(hook, stopping);
    }

    private async Task PrepareAsync(RunHook hook, CancellationToken stopping)
    {
        Change(hook, h => h with { State = HookState.Preparing });
        // Before the pod is held: whoever leads next must know that it is to be released, also when nothing of it can be read any more.
        await _services.Store.FlushAsync(_run().Id, stopping);
        HookReport report = await _runner.PrepareAsync(hook, stopping);
        Note(report.Notes);
        if (report.Fault is { } fault)
        {
            RunLog.HookFailed(_services.Log, _run().Id.ToString(), fault);
            Failure failure = new("", "", FailureCause.HookFailed, fault);
            Change(hook, h => h with { State = HookState.Refused, Failure = failure });
            return;
        }

        Change(hook, h => h with { State = HookState.Prepared });
    }

    private async Task ReleaseAsync(RunHook hook, CancellationToken stopping)
    {
        Change(hook, h => h with { State = HookState.Releasing });
        HookReport report = await _runner.ReleaseAsync(hook, stopping);
        Note(report.Notes);
        if (report.Fault is not null)
        {
            _update(run => run with { HookFailed = true });
        }

        Change(hook, h => h with { State = HookState.Released });
    }

    private void Note(IReadOnlyList<string> notes)
    {
        foreach (string note in notes)
        {
            RunLog.HookFailed(_services.Log, _run().Id.ToString(), note);
            _update(run => run.WithNote(note));
        }
    }

    private void Change(RunHook hook, Func<RunHook, RunHook> change) =>
        _update(run => run with { Hooks = [.. run.Hooks.Select(h => h.Pod.Uid == hook.Pod.Uid ? change(h) : h)] });
}
