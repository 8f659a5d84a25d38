using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Holds one drill: chooses the node, puts the work up, waits, judges, and keeps the record.</summary>
public sealed class DrillRunner
{
    private const int RecordAttemptsMax = 5;
    private static readonly TimeSpan RecordRetryDelay = TimeSpan.FromMinutes(1);

    private readonly DrillPlanner _planner;
    private readonly DrillDirectory _directory;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly RestoreStore _restores;
    private readonly INodeClaims _claims;
    private readonly RestoreOptions _waiting;
    private readonly DrillSettings _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger<DrillRunner> _log;

    public DrillRunner(
        DrillPlanner planner,
        DrillDirectory directory,
        WorkBoard board,
        NodeRegistry nodes,
        RestoreStore restores,
        INodeClaims claims,
        RestoreOptions waiting,
        DrillSettings settings,
        TimeProvider clock,
        ILogger<DrillRunner> log)
    {
        _planner = planner;
        _directory = directory;
        _board = board;
        _nodes = nodes;
        _restores = restores;
        _claims = claims;
        _waiting = waiting;
        _settings = settings;
        _clock = clock;
        _log = log;
    }

    internal WorkProgress ProgressOf(DrillCase drill) => _board.Find(WorkIds.ForRestore(drill.Work))?.Progress ?? WorkProgress.None;

    internal void Cancel(DrillCase drill) => _board.Cancel(WorkIds.ForRestore(drill.Work));

    internal async Task<DrillCase> RunAsync(DrillCase drill, Action<DrillCase> note, Func<bool> isCancelled, CancellationToken cancellationToken)
    {
        DrillCase ended;
        try
        {
            DrillCase placed = await WaitForNodeAsync(drill, isCancelled, cancellationToken);
            note(placed);
            WorkOutcome outcome = await HoldAsync(placed, isCancelled, cancellationToken);
            while (MadeRoom(outcome, isCancelled))
            {
                placed = await WaitForNodeAsync(drill, isCancelled, cancellationToken);
                note(placed);
                outcome = await HoldAsync(placed, isCancelled, cancellationToken);
            }

            ended = DrillJudge.End(placed, outcome, _clock.GetUtcNow());
        }
        catch (BackupException e)
        {
            ended = drill with { State = DrillState.NotHeld, Failure = e.Failure, EndedAt = _clock.GetUtcNow() };
        }

        if (ended.State is DrillState.Passed or DrillState.Failed && !await IsRecordedAsync(ended, cancellationToken))
        {
            // What a prune took away in the middle is no fault of the backup.
            Failure pruned = new("", drill.Source.ToString(), FailureCause.NotFound, "The restore point was pruned meanwhile.");
            ended = ended with { State = DrillState.NotHeld, Reason = "", Failure = pruned };
        }

        Log(ended);
        return ended;
    }

    // A restore is why all this exists: it never waits for a rehearsal.
    private bool IsRestoring(string node) =>
        _restores.All.Any(r => !r.IsOver && r.Node == node) || _claims.ClaimOn(node) is not null;

    private static bool MadeRoom(WorkOutcome outcome, Func<bool> isCancelled) =>
        outcome is WorkOutcome.Failed { Failure.Cause: FailureCause.Cancelled } && !isCancelled();

    private async Task<DrillCase> WaitForNodeAsync(DrillCase drill, Func<bool> isCancelled, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (isCancelled())
            {
                throw new BackupException(FailureCause.Cancelled, "Cancelled by the operator.");
            }

            string node = _planner.NodeFor(drill);
            if (!IsRestoring(node))
            {
                return drill with { Node = node, State = DrillState.Running, BeganAt = _clock.GetUtcNow() };
            }

            await Task.Delay(_waiting.Interval, _clock, cancellationToken);
        }
    }

    private async Task<WorkOutcome> HoldAsync(DrillCase drill, Func<bool> isCancelled, CancellationToken cancellationToken)
    {
        DrillLog.Began(_log, drill.Id.ToString(), drill.Source.ToString(), drill.Point.ToString(), drill.Node, drill.StartedBy);
        RestoreWork work = new(drill.Work, drill.Snapshot.Id, drill.Source, drill.Sample.Paths);
        WorkItem item = _board.Add(WorkItem.ForRestore(drill.Node, work, TaskFor(drill)));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = WatchForRestoresAsync(drill, isCancelled, over.Token);
        try
        {
            return await new RestoreWatch(item, resumed: false, _nodes, _board, _waiting, _clock).UntilOverAsync(() => { }, cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await watching;
            _board.Cancel(item.WorkId);
            _board.Remove(item.WorkId);
        }
    }

    private async Task WatchForRestoresAsync(DrillCase drill, Func<bool> isCancelled, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(_waiting.Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (isCancelled())
                {
                    Cancel(drill);
                }
                else if (IsRestoring(drill.Node))
                {
                    DrillLog.MakesRoom(_log, drill.Id.ToString(), drill.Node);
                    Cancel(drill);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The drill is over.
        }
    }

    private Wire.RestoreTask TaskFor(DrillCase drill) => new()
    {
        RestoreId = drill.Work.ToString(),
        SnapshotId = drill.Snapshot.Id.ToString(),
        Source = SourceMapping.ToWire(drill.Source),
        Drill = new Wire.DrillOptions
        {
            SampledKeys = _settings.SampledKeys,
            Seed = drill.Id.GetHashCode(),
            RequireIsolation = _settings.RequireIsolation,
        },
    };

    private void Log(DrillCase drill)
    {
        (string id, string source, string point) = (drill.Id.ToString(), drill.Source.ToString(), drill.Point.ToString());
        switch (drill)
        {
            case { State: DrillState.Passed, Etcd: { } etcd }:
                DrillLog.EtcdPassed(_log, id, source, point, etcd.TimeToRecover);
                break;
            case { State: DrillState.Passed, Files: { } files }:
                DrillLog.FilesPassed(_log, id, source, point, files.Files, files.Bytes);
                break;
            case { State: DrillState.Failed }:
                DrillLog.Failed(_log, id, source, point, drill.Reason);
                break;
            default:
                DrillLog.NotHeld(_log, id, source, point, drill.Failure?.ToString() ?? "");
                break;
        }
    }

    private async Task<bool> IsRecordedAsync(DrillCase drill, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await _directory.RecordAsync(drill.ToRecord(), cancellationToken);
            }
            catch (BackupException e) when (attempt < RecordAttemptsMax)
            {
                DrillLog.NotRecorded(_log, drill.Id.ToString(), e.Message);
                await Task.Delay(RecordRetryDelay, _clock, cancellationToken);
            }
        }
    }
}
