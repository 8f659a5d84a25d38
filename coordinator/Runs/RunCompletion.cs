using K8sBackup.Coordinator.Recovery;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Runs;

/// <summary>
/// Ends a run whose sources are all over: chooses the restore point's id and saves it, commits the restore point when
/// there is at least one snapshot, immutable where the plan asks for it, then saves the final state. A crash between any two of these repeats the rest.
/// </summary>
internal sealed class RunCompletion
{
    // About ten minutes in all: a store that restarts or is remounted is back by then.
    private const int AttemptsMax = 12;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(1);

    private readonly RunServices _services;

    public RunCompletion(RunServices services) => _services = services;

    public async Task CompleteAsync(Func<RunRecord> current, Action<Func<RunRecord, RunRecord>> update, CancellationToken cancellationToken)
    {
        Failure? commitFailure = null;
        if (current().Sources.Any(s => s.Snapshot is not null) && !current().PointCommitted)
        {
            if (current().Point is null)
            {
                RestorePointId point = RestorePointId.Create(_services.Clock);
                update(run => run with { Point = point });

                // Whoever goes on after this process must commit the same restore point.
                await _services.Store.FlushAsync(current().Id, cancellationToken);
            }

            // Before the commit, so that the restore point says it when the store does not keep what it needs.
            await KeepAsync(current, update, committed: false, cancellationToken);
            (commitFailure, RecoverySet? set) = await CommitAsync(current(), cancellationToken);
            if (commitFailure is null)
            {
                await KeepAsync(current, update, committed: true, cancellationToken);
                update(run => Noted(run, set) with { PointCommitted = true });
            }
        }

        update(run => Ended(run, commitFailure));
        RunRecord ended = current();
        RunLog.Finished(_services.Log, ended.Id.ToString(), ended.Plan, ended.State, ended.PointCommitted ? ended.Point.ToString()! : "none");
    }

    private static SnapshotOutcome OutcomeOf(RunRecord run) =>
        run is { Unmatched: false, Doubtful: false, NotKept: false, HookFailed: false } && run.Sources.All(s => s.State == SourceState.Completed)
            ? SnapshotOutcome.Completed
            : SnapshotOutcome.PartiallyFailed;

    private static RunState StateOf(RunRecord run)
    {
        if (run.CancelledBy is not null && run.Sources.Any(s => s.State == SourceState.Cancelled))
        {
            return RunState.Cancelled;
        }

        if (!run.PointCommitted)
        {
            return RunState.Failed;
        }

        return OutcomeOf(run) == SnapshotOutcome.Completed ? RunState.Completed : RunState.PartiallyFailed;
    }

    private RunRecord Ended(RunRecord run, Failure? commitFailure)
    {
        RunRecord noted = commitFailure is null ? run : run.WithNote($"The restore point could not be committed: {commitFailure}");
        return noted with { State = StateOf(noted), FinishedAt = _services.Clock.GetUtcNow() };
    }

    private RunRecord Noted(RunRecord run, RecoverySet? set)
    {
        foreach (string warning in set?.Warnings ?? [])
        {
            RunLog.SetWarning(_services.Log, run.Id.ToString(), warning);
        }

        if (set is null or { IsComplete: true })
        {
            return run;
        }

        RunLog.SetIncomplete(_services.Log, run.Id.ToString(), set.Missing.Count, set.Missing[0]);
        return run.WithNote($"The recovery set is incomplete: {set.Missing[0]}{(set.Missing.Count > 1 ? $" And {set.Missing.Count - 1} more, which 'k8sbackup point show {run.Point}' lists." : "")}");
    }

    private async Task<RecoverySet?> JudgeAsync(RestorePointManifest point, CancellationToken cancellationToken)
    {
        List<SnapshotManifest> snapshots = [];
        foreach (SourceResult source in point.Sources.Where(s => s.Snapshot is not null && s.Source.Kind != SourceKind.Volume))
        {
            if (await _services.Snapshots.FindAsync(point.Run, source.Source, cancellationToken) is { } snapshot)
            {
                snapshots.Add(snapshot);
            }
        }

        return RecoverySetRule.Judge(point.Sources, snapshots, _services.Clock.GetUtcNow());
    }

    private async Task KeepAsync(
        Func<RunRecord> current, Action<Func<RunRecord, RunRecord>> update, bool committed, CancellationToken cancellationToken)
    {
        if (current() is not { ImmutableFor: { } time, NotKept: false } run)
        {
            return;
        }

        SnapshotId[] snapshots = committed ? [] : [.. run.Sources.Select(s => s.Snapshot).OfType<SnapshotId>()];
        try
        {
            await _services.Points.KeepAsync(snapshots, committed ? run.Point : null, time, cancellationToken);
        }
        catch (BackupException e)
        {
            RunLog.NotKept(_services.Log, run.Id.ToString(), e.Failure.ToString());
            update(r => r.WithNote($"The plan wants its restore points immutable, and this one is not: {e.Failure.Message}") with { NotKept = true });
        }
    }

    private async Task<(Failure? Failure, RecoverySet? Set)> CommitAsync(RunRecord run, CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                RestorePointManifest point = Manifest(run);
                point = point with { RecoverySet = await JudgeAsync(point, cancellationToken) };
                await _services.Points.CommitAsync(point, cancellationToken);
                return (null, point.RecoverySet);
            }
            catch (BackupException e)
            {
                RunLog.CommitFailed(_services.Log, run.Id.ToString(), attempt, e.Failure.ToString());
                if (attempt == AttemptsMax)
                {
                    return (e.Failure, null);
                }
            }

            await Task.Delay(pause, _services.Clock, cancellationToken);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    private RestorePointManifest Manifest(RunRecord run) => new()
    {
        Id = run.Point!.Value,
        Cluster = _services.Cluster,
        Plan = run.Plan,
        Run = run.Id,
        StartedAt = run.StartedAt,
        FinishedAt = _services.Clock.GetUtcNow(),
        Outcome = OutcomeOf(run),
        AfterChange = run.AfterChange,
        Sources = [.. run.Sources.Select(s => new SourceResult(s.Source, s.Snapshot, SnapshotOutcomeOf(s), s.Failure, s.Volume))],
        Notes = run.CancelledBy is null ? run.Notes : [.. run.Notes, $"The run was cancelled by {run.CancelledBy}."],
    };

    private static SnapshotOutcome? SnapshotOutcomeOf(RunSource source) => source.State switch
    {
        SourceState.Completed => SnapshotOutcome.Completed,
        SourceState.PartiallyFailed => SnapshotOutcome.PartiallyFailed,
        _ => null,
    };
}
