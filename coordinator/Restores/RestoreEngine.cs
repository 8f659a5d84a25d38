using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>
/// Carries restores through: one task for each, from putting the work up until the agent's report is recorded.
/// Start: restores that were not over go on, under the same work ids, so that an agent still at it is not disturbed; their work is up before
/// the first agent can connect. Stop: tasks end where they are; the records say the rest at the next start.
/// </summary>
public sealed class RestoreEngine : IHostedService, IDisposable
{
    private readonly RestoreStore _store;
    private readonly INodeClaims _claims;
    private readonly RestorePlanner _planner;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly RestoreOptions _options;
    private readonly AuditLog _audit;
    private readonly TimeProvider _clock;
    private readonly ILogger<RestoreEngine> _log;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly RestoreDrives _drives = new();

    public RestoreEngine(
        RestoreStore store,
        INodeClaims claims,
        RestorePlanner planner,
        WorkBoard board,
        NodeRegistry nodes,
        RestoreOptions options,
        AuditLog audit,
        TimeProvider clock,
        ILogger<RestoreEngine> log)
    {
        _store = store;
        _claims = claims;
        _planner = planner;
        _board = board;
        _nodes = nodes;
        _options = options;
        _audit = audit;
        _clock = clock;
        _log = log;
    }

    /// <summary>Starts a restore, or a dry run of one of files; a repeated request gives the restore it started.</summary>
    /// <exception cref="BackupException">The request cannot be carried out; nothing was started.</exception>
    public async Task<RestoreRecord> StartAsync(
        Wire.StartRestoreRequest request, string startedBy, CancellationToken cancellationToken, bool isPreview = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        // One at a time, so that neither a repeated request nor a second one for the node slips in between.
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (request.RequestId.Length > 0 && _store.All.FirstOrDefault(r => r.RequestId == request.RequestId) is { } known)
            {
                return known;
            }

            RestoreRecord record = await _planner.PlanAsync(request, startedBy, isPreview, cancellationToken);
            if (_store.All.FirstOrDefault(r => !r.IsOver && r.Node == record.Node) is { } other)
            {
                throw new BackupException(new Failure(
                    record.Node, "", FailureCause.TargetInUse, $"Restore {other.Id} is going on there. One node takes one restore at a time."));
            }

            if (_claims.ClaimOn(record.Node) is { } claim)
            {
                throw new BackupException(new Failure(record.Node, "", FailureCause.TargetInUse, claim));
            }

            await RecordAsync(record, cancellationToken);
            RestoreLog.Started(_log, record.Id.ToString(), record.Source.ToString(), record.Point.ToString(), record.Node, startedBy);
            Drive(record);
            return record;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Asks for a restore to stop. What it had restored stays; a restore that is over is given as it is.</summary>
    public RestoreRecord Cancel(RestoreRecord record, string by)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!record.IsOver)
        {
            RestoreLog.Cancelling(_log, record.Id.ToString(), by);
            _board.Cancel(WorkIds.ForRestore(record.Id));
        }

        return _store.Find(record.Id) ?? record;
    }

    /// <summary>How far the restore is, as the agent says.</summary>
    public WorkProgress ProgressOf(RestoreId id) => _board.Find(WorkIds.ForRestore(id))?.Progress ?? WorkProgress.None;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (RestoreRecord record in _store.All.Where(r => !r.IsOver))
        {
            RestoreLog.Resumed(_log, record.Id.ToString(), record.Node);
            Drive(record);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _drives.StopAsync(cancellationToken);

    public void Dispose()
    {
        _starting.Dispose();
        _drives.Dispose();
    }

    private async Task RecordAsync(RestoreRecord record, CancellationToken cancellationToken)
    {
        try
        {
            _store.Save(record);
            await _store.FlushAsync(record.Id, cancellationToken);
        }
        catch (IOException e)
        {
            throw new BackupException(FailureCause.StoreUnavailable, $"The restore cannot be recorded and is not started: {e.Message}", e);
        }
    }

    // A restore asked for while the engine starts is met twice: by its request and among the unfinished ones.
    private void Drive(RestoreRecord record) => _drives.Begin(record.Id, () =>
    {
        if (_store.Find(record.Id) is null or { IsOver: true })
        {
            return null;
        }

        Wire.RestoreTask task = MessageJson.Parse<Wire.RestoreTask>(record.Task);
        (task.Files ?? task.Preview ?? task.IntoVolume?.Files)?.Running.AddRange(
            _store.All.Where(other => !other.IsOver && other.Id != record.Id).Select(other => WorkIds.ForRestore(other.Id)));
        RestoreWork work = new(record.Id, record.Snapshot, record.Source, record.Paths)
        {
            WithoutContent = task is { OptionsCase: Wire.RestoreTask.OptionsOneofCase.Preview } or { IntoVolume.Preview: true },
        };
        WorkItem item = _board.Add(WorkItem.ForRestore(record.Node, work, task));
        return stopping => DriveAsync(record, item, stopping);
    });

    private async Task DriveAsync(RestoreRecord record, WorkItem item, CancellationToken stopping)
    {
        try
        {
            RestoreWatch watch = new(item, record.State == RestoreState.Running, _nodes, _board, _options, _clock);
            WorkOutcome outcome = await watch.UntilOverAsync(() => record = NoteRunning(record), stopping);
            RestoreRecord ended = End(record, outcome);
            NoteRefused(ended, outcome);
            _store.Save(ended);
            if (ended.Failure is { } failure)
            {
                RestoreLog.Failed(_log, ended.Id.ToString(), ended.Node, failure.ToString());
            }

            RestoreLog.Ended(_log, ended.Id.ToString(), ended.Node, ended.State);
            _board.Remove(item.WorkId);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The record is as it was; the next start goes on.
        }
#pragma warning disable CA1031 // The boundary of a restore: one that cannot be recorded must not end the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RestoreLog.Broken(_log, record.Id.ToString(), e);
        }
    }

    // A snapshot with such entries is not what was backed up: somebody can write to the store, or to what makes snapshots.
    private void NoteRefused(RestoreRecord record, WorkOutcome outcome)
    {
        if (outcome is WorkOutcome.Restored { Report: { Refused: > 0 } report })
        {
            string first = report.Items.FirstOrDefault(item => item.State == Wire.EntryState.Unreadable) is { } item ? $", such as {item.Path}: {item.Reason}" : "";
            _audit.Note(record.StartedBy, "restore.refused", $"{record.Id} of {record.Source}", $"{report.Refused} entries that no snapshot can have were refused{first}");
        }
    }

    private RestoreRecord NoteRunning(RestoreRecord record)
    {
        RestoreRecord running = record with { State = RestoreState.Running };
        _store.Save(running);
        return running;
    }

    private RestoreRecord End(RestoreRecord record, WorkOutcome outcome)
    {
        RestoreRecord ended = record with { FinishedAt = _clock.GetUtcNow() };
        return outcome switch
        {
            WorkOutcome.Restored restored => ended with
            {
                State = restored.Report.Failed == 0 && restored.Report.Items.Count == 0 ? RestoreState.Completed : RestoreState.PartiallyFailed,
                Report = MessageJson.ToJson(restored.Report),
            },
            WorkOutcome.Failed { Failure.Cause: FailureCause.Cancelled } => ended with { State = RestoreState.Cancelled },
            WorkOutcome.Failed failed => ended with { State = RestoreState.Failed, Failure = failed.Failure },
            _ => throw new InvalidOperationException($"A restore cannot end as {outcome.GetType().Name}."),
        };
    }
}
