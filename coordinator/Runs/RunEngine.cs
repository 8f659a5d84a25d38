using System.Collections.Concurrent;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Ids;
using Microsoft.Extensions.Hosting;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// Starts, follows and cancels runs. At start it takes up the runs an earlier process left, before anyone can connect;
/// at stop it lets go of them where they are. A defect met in one run fails that run and no other.
/// </summary>
public sealed class RunEngine : IHostedService, IDisposable
{
    private readonly RunServices _services;
    private readonly Lock _starting = new();
    private readonly ConcurrentDictionary<RunId, (RunExecution Execution, Task Loop)> _active = new();
    private readonly CancellationTokenSource _stopping = new();

    public RunEngine(RunServices services, int maxConcurrent)
    {
        _services = services;
        MaxConcurrent = maxConcurrent;
    }

    /// <summary>Sources of a run worked on at the same time, unless the plan says otherwise; may change, and holds for runs from then on.</summary>
    public int MaxConcurrent { get; set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (RunRecord run in _services.Store.List().Where(r => !r.IsOver).Reverse())
        {
            RunLog.Resumed(_services.Log, run.Id.ToString(), run.Plan, run.Sources.Count(s => !s.IsOver), run.Sources.Count);
            RunExecution execution = new(run, _services);
            await execution.ResumeAsync(cancellationToken);
            Launch(run.Id, execution);
        }
    }

    /// <summary>
    /// Starts a run of the plan, or says which run stands in the way. A known request id gives its run again. The run's id may have been
    /// chosen before, by somebody who keeps it.
    /// </summary>
    /// <exception cref="IOException">The run cannot be recorded, and is not started.</exception>
    public RunStart Start(BackupPlan plan, string startedBy, string requestId, RunId? id = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(requestId);
        lock (_starting)
        {
            if (requestId.Length > 0 && _services.Store.List().FirstOrDefault(r => r.RequestId == requestId) is { } known)
            {
                return new RunStart(known, Conflict: false);
            }

            if (ActiveOf(plan.Name) is { } active)
            {
                return new RunStart(active, Conflict: true);
            }

            RunRecord run = NewRun(plan, startedBy, requestId, id ?? RunId.Create(_services.Clock));
            _services.Store.Create(run);
            RunLog.Started(_services.Log, run.Id.ToString(), run.Plan, run.StartedBy, run.Sources.Count);
            Launch(run.Id, new RunExecution(run, _services));
            return new RunStart(run, Conflict: false);
        }
    }

    /// <summary>Starts a run of a node's control-plane files alone, or says which run of the plan stands in the way.</summary>
    /// <exception cref="IOException">The run cannot be recorded, and is not started.</exception>
    public RunStart StartAfterChange(BackupPlan plan, string node)
    {
        ArgumentNullException.ThrowIfNull(plan);
        lock (_starting)
        {
            if (ActiveOf(plan.Name) is { } active)
            {
                return new RunStart(active, Conflict: true);
            }

            RunRecord whole = NewRun(plan, "change", "", RunId.Create(_services.Clock));
            RunRecord run = whole with
            {
                Sources = [.. whole.Sources.Where(source => source.Source.Node == node && source.Source.Kind == SourceKind.ControlPlaneFiles && !source.IsOver)],
                Notes = [$"Files below /etc/kubernetes of {node} changed."],
                Unmatched = false,
                AfterChange = true,
            };
            _services.Store.Create(run);
            RunLog.Started(_services.Log, run.Id.ToString(), run.Plan, run.StartedBy, run.Sources.Count);
            Launch(run.Id, new RunExecution(run, _services));
            return new RunStart(run, Conflict: false);
        }
    }

    /// <summary>The plan's run that goes on, if any.</summary>
    public RunRecord? ActiveOf(string plan) => _services.Store.ActiveOf(plan);

    /// <summary>Asks for a run to end; nothing happens when it is over.</summary>
    public void Cancel(RunId id, string by)
    {
        if (_active.TryGetValue(id, out (RunExecution Execution, Task Loop) run))
        {
            run.Execution.Cancel(by);
        }
    }

    /// <summary>Adds a note to a run that goes on.</summary>
    public void Note(RunId id, string note)
    {
        if (_active.TryGetValue(id, out (RunExecution Execution, Task Loop) run))
        {
            run.Execution.Note(note);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_active.Values.Select(run => run.Loop)).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    private RunRecord NewRun(BackupPlan plan, string startedBy, string requestId, RunId id)
    {
        DateTimeOffset now = _services.Clock.GetUtcNow();
        ResolvedSources resolved = RunResolver.Resolve(plan, id, _services.Nodes, now, _services.View);
        IReadOnlyList<RunHook> hooks = HookResolver.Resolve(plan, resolved.Sources, _services.View?.Current);
        return new RunRecord
        {
            Id = id,
            Plan = plan.Name,
            State = RunState.Running,
            StartedAt = now,
            Sources = resolved.Sources,
            Hooks = hooks,
            Notes = [.. resolved.Notes.Concat(resolved.Remarks).Take(RunRecord.NotesMax)],
            Unmatched = resolved.Notes.Count > 0,
            StartedBy = startedBy,
            RequestId = requestId,
            MaxConcurrent = plan.MaxConcurrent ?? MaxConcurrent,
            NodeWait = plan.NodeWait,
            ImmutableFor = plan.ImmutableFor,
        };
    }

    private void Launch(RunId id, RunExecution execution)
    {
        // Entered before the loop runs, so that a run that is over at once still finds its entry to remove.
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _active[id] = (execution, FollowAsync(id, execution, entered.Task));
        entered.SetResult();
    }

    private async Task FollowAsync(RunId id, RunExecution execution, Task entered)
    {
        await entered;
        try
        {
            await execution.RunAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }
#pragma warning disable CA1031 // The boundary of a run's loop: taking the process down would meet the same run again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RunLog.Defect(_services.Log, id.ToString(), e);
            await execution.AbandonAsync(_stopping.Token);
        }

        _active.TryRemove(id, out _);
    }
}
