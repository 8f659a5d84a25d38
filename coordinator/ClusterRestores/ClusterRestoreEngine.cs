using System.Collections.Concurrent;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>
/// Runs restores of the cluster's etcd, one at a time. Start: one that was not over goes on, as soon as its journal can be written; an outcome that an
/// agent reports before that is asked for again. Stop: it stays where it is, and the journal says the rest at the next start.
/// </summary>
public sealed class ClusterRestoreEngine : IHostedService, IDisposable
{
    private readonly ClusterRestoreStore _store;
    private readonly RestoreStore _others;
    private readonly ClusterRestorePlanner _planner;
    private readonly WorkBoard _board;
    private readonly NodeRegistry _nodes;
    private readonly AuditLog _audit;
    private readonly ClusterRestoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<ClusterRestoreEngine> _log;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly ConcurrentDictionary<RestoreId, ClusterRestoreJournal> _journals = [];
    private readonly RestoreDrives _drives = new();

    public ClusterRestoreEngine(
        ClusterRestoreStore store,
        RestoreStore others,
        ClusterRestorePlanner planner,
        WorkBoard board,
        NodeRegistry nodes,
        AuditLog audit,
        ClusterRestoreOptions options,
        TimeProvider clock,
        ILogger<ClusterRestoreEngine> log)
    {
        _store = store;
        _others = others;
        _planner = planner;
        _board = board;
        _nodes = nodes;
        _audit = audit;
        _options = options;
        _clock = clock;
        _log = log;
    }

    /// <summary>The restore that is under way and was confirmed; null when there is none.</summary>
    public ClusterRestoreRecord? Current => _store.Current;

    /// <summary>Asks all nodes and gives the plan, or all that speaks against it. A repeated request gives the same restore.</summary>
    /// <exception cref="BackupException">The request makes no sense, or another restore goes on.</exception>
    public async Task<ClusterRestoreRecord> PlanAsync(Wire.PlanClusterRestoreRequest request, string startedBy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ClusterRestoreRecord record;
        await _starting.WaitAsync(cancellationToken);
        try
        {
            record = request.RequestId.Length > 0 && _store.All.FirstOrDefault(r => r.RequestId == request.RequestId) is { } known
                ? known
                : await BeginAsync(request, startedBy, cancellationToken);
        }
        finally
        {
            _starting.Release();
        }

        while (_store.Find(record.Id) is { Phase: ClusterPhase.Inspecting })
        {
            await Task.Delay(_options.Interval, _clock, cancellationToken);
        }

        return _store.Find(record.Id) ?? record;
    }

    /// <summary>Begins a planned restore.</summary>
    /// <exception cref="BackupException">It does not wait for that, or the name is not the cluster's.</exception>
    public ClusterRestoreRecord Confirm(RestoreId id, string cluster, string by) => JournalOf(id).Change(record =>
    {
        ClusterRestoreRecord confirmed = ClusterRestoreMachine.Confirm(record, cluster, by);
        if (!ReferenceEquals(confirmed, record))
        {
            RefuseBeside(confirmed.Id);
            RefuseNewcomers(confirmed);
        }

        return confirmed;
    });

    /// <summary>Calls a restore off.</summary>
    /// <exception cref="BackupException">There is no way back any more.</exception>
    public ClusterRestoreRecord Abort(RestoreId id, string by)
    {
        HashSet<string> away = [.. _nodes.Nodes.Select(node => node.Name).Where(name => !_nodes.IsConnected(name))];
        return JournalOf(id).Change(record => ClusterRestoreMachine.Abort(record, by, away));
    }

    /// <summary>How far the step a node is at has come.</summary>
    public WorkProgress ProgressOf(ClusterRestoreRecord record, string node)
    {
        ArgumentNullException.ThrowIfNull(record);
        StepOrder? order = ClusterRestoreMachine.Wanted(record).FirstOrDefault(each => each.Node == node);
        return order is null ? WorkProgress.None : _board.Find(StepItems.IdOf(record, order))?.Progress ?? WorkProgress.None;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (ClusterRestoreRecord record in _store.All.Where(r => !r.IsOver))
        {
            Drive(record.Id, () => ClusterRestoreLog.Resumed(_log, record.Id.ToString(), record.Phase));
        }

        return Task.CompletedTask;
    }

    /// <summary>Returns when nothing of this engine writes any more: whoever goes on finds the journals as they are.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _drives.StopAsync(cancellationToken);

    public void Dispose()
    {
        _starting.Dispose();
        _drives.Dispose();
    }

    private async Task<ClusterRestoreRecord> BeginAsync(Wire.PlanClusterRestoreRequest request, string startedBy, CancellationToken cancellationToken)
    {
        ClusterRestoreRecord record = await _planner.PlanAsync(request, startedBy, cancellationToken);
        RefuseBeside(record.Id);
        // A plan nobody confirmed gives way to a new one.
        foreach (ClusterRestoreRecord stale in _store.All.Where(r => r.Phase == ClusterPhase.Planned))
        {
            JournalOf(stale.Id).Change(ClusterRestoreMachine.Expire);
        }

        try
        {
            _store.Save(record);
        }
        catch (IOException e)
        {
            throw new BackupException(FailureCause.StoreUnavailable, $"The restore cannot be recorded and is not planned: {e.Message}", e);
        }

        ClusterRestoreLog.Planning(_log, record.Id.ToString(), record.Source.ToString(), record.Point.ToString(), startedBy);
        Drive(record.Id);
        return record;
    }

    // A node that came since the plan was made would go on with the former cluster.
    private void RefuseNewcomers(ClusterRestoreRecord record)
    {
        string[] newcomers = [.. _nodes.Nodes
            .Where(node => node.Role == Role.ControlPlane && !record.Lost.Contains(node.Name) && record.Nodes.All(each => each.Name != node.Name))
            .Select(node => node.Name)];
        if (newcomers.Length > 0)
        {
            throw new BackupException(FailureCause.TargetInUse, $"{string.Join(", ", newcomers)} came since the restore was planned. Plan it again.");
        }
    }

    private void RefuseBeside(RestoreId id)
    {
        if (Current is { } current && current.Id != id)
        {
            throw new BackupException(FailureCause.TargetInUse, $"Restore {current.Id} of the cluster goes on ({current.Phase}). There is one at a time.");
        }

        if (_others.All.FirstOrDefault(r => !r.IsOver && r.Source.Kind != SourceKind.Volume) is { } other)
        {
            throw new BackupException(FailureCause.TargetInUse, $"Restore {other.Id} goes on, on node {other.Node}.");
        }
    }

    private ClusterRestoreJournal JournalOf(RestoreId id) => _journals.GetOrAdd(id, _ => new ClusterRestoreJournal(id, _store, _audit, _clock, _log));

    // A restore planned while the engine starts is met twice: by its request and among the unfinished ones. Two that drive it would both write its journal.
    private void Drive(RestoreId id, Action? tell = null) => _drives.Begin(id, () =>
    {
        tell?.Invoke();
        return stopping => DriveAsync(id, new ClusterRestoreDrive(JournalOf(id), _board, _nodes, _options, _clock), stopping);
    });

    private async Task DriveAsync(RestoreId id, ClusterRestoreDrive drive, CancellationToken stopping)
    {
        try
        {
            while (StepOrStay(id, drive))
            {
                await drive.WaitAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The journal says the rest at the next start.
        }
#pragma warning disable CA1031 // The boundary of a restore: a defect in one must not end the coordinator.
        catch (Exception e)
#pragma warning restore CA1031
        {
            ClusterRestoreLog.Broken(_log, id.ToString(), e);
        }
    }

    // Without its journal nothing goes on; a disk that was full may take it later.
    private bool StepOrStay(RestoreId id, ClusterRestoreDrive drive)
    {
        try
        {
            return drive.Step();
        }
        catch (IOException e)
        {
            ClusterRestoreLog.Stuck(_log, id.ToString(), e.Message);
            return true;
        }
    }
}
