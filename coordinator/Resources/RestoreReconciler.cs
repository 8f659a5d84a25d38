using System.Collections.Concurrent;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Restores;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// Begins the restores Restore objects ask for, and lets their status follow. Who may create such an object may restore: the
/// API server has decided that. An object that is older than <see cref="AgeMax"/> and has not begun is not begun any more: a
/// restored etcd brings back objects of the past, and must not restore itself again. One caller.
/// </summary>
internal sealed class RestoreReconciler
{
    private readonly RestoreServices _services;
    private readonly StatusWriter<RestoreResource> _writer;
    private readonly EventRecorder _events;
    private readonly ConcurrentDictionary<string, Task<string?>> _planning = new(StringComparer.Ordinal);

    public RestoreReconciler(RestoreServices services, StatusWriter<RestoreResource> writer, EventRecorder events)
    {
        _services = services;
        _writer = writer;
        _events = events;
    }

    /// <summary>How long after its creation a restore may begin.</summary>
    public static TimeSpan AgeMax => TimeSpan.FromHours(1);

    private DateTimeOffset Now => _services.Clock.GetUtcNow();

    /// <summary>One look at one object.</summary>
    public async Task ReconcileAsync(RestoreResource restore, IReadOnlyList<BackupResource> backups, CancellationToken cancellationToken)
    {
        if (ResourcePhase.IsOver(restore.Status.Phase))
        {
            _planning.TryRemove(restore.Metadata.Uid, out _);
            return;
        }

        RestoreStatus? status = Follow(restore) ?? (restore.Metadata.DeletionTimestamp is null ? await BeginAsync(restore, backups, cancellationToken) : null);
        if (status is null)
        {
            return;
        }

        bool isTurn = status.Phase != restore.Status.Phase;
        RestoreResource after = await _writer.WriteAsync(restore, restore with { Status = status }, isTurn, cancellationToken);
        if (isTurn && after.Status.Phase == status.Phase)
        {
            await TellAsync(after, cancellationToken);
        }
    }

    private Task TellAsync(RestoreResource restore, CancellationToken cancellationToken)
    {
        Condition? end = restore.Status.Conditions.FirstOrDefault(c => c.Type == "Finished");
        string message = end?.Message ?? "";
        return restore.Status.Phase is ResourcePhase.Failed or ResourcePhase.PartiallyFailed
            ? _events.WarnAsync(restore, end?.Reason ?? restore.Status.Phase, message, cancellationToken)
            : _events.NormalAsync(restore, restore.Status.Phase, message, cancellationToken);
    }

    // The restore this object began, wherever it is.
    private RestoreStatus? Follow(RestoreResource restore)
    {
        if (_services.Records.All.FirstOrDefault(r => IsOf(restore, r.Id, r.RequestId)) is { } record)
        {
            if (restore.Spec.Cancel && !record.IsOver)
            {
                _services.Engine.Cancel(record, By(restore));
            }

            return RestoreStatuses.Of(restore, record, _services.Engine.ProgressOf(record.Id), Now);
        }

        if (_services.ClusterRecords.All.FirstOrDefault(r => IsOf(restore, r.Id, r.RequestId)) is not { } cluster)
        {
            return null;
        }

        if (restore.Spec.Cancel && !cluster.IsOver && cluster.AbortedBy.Length == 0)
        {
            Abort(restore, cluster.Id);
        }

        if (cluster.IsOver || cluster.ConfirmedBy.Length > 0)
        {
            return RestoreStatuses.Of(restore, cluster, Now);
        }

        // Only who planned it confirms it: what another coordinator left at this point was not begun.
        return !_planning.TryGetValue(restore.Metadata.Uid, out Task<string?>? planning)
            ? Failed(restore, "Interrupted", "The coordinator stopped while it planned. Nothing was touched; create another.")
            : planning.IsCompletedSuccessfully && planning.Result is { } refused ? Failed(restore, "Refused", refused) : RestoreStatuses.Of(restore, cluster, Now);
    }

    private void Abort(RestoreResource restore, RestoreId id)
    {
        try
        {
            _services.ClusterEngine.Abort(id, By(restore));
        }
        catch (BackupException)
        {
            // There is no way back any more, which the phase says.
        }
    }

    private async Task<RestoreStatus?> BeginAsync(RestoreResource restore, IReadOnlyList<BackupResource> backups, CancellationToken cancellationToken)
    {
        RestoreSpec spec = restore.Spec;
        if (spec.Cancel)
        {
            return RestoreStatuses.Waiting(restore, ResourcePhase.Cancelled, "Cancelled", "It was cancelled before it began.", Now);
        }

        if (restore.Status.Restore.Length > 0)
        {
            return Failed(restore, "RecordLost", "The record of the restore is lost; what it restored stays.");
        }

        if (RestoreRequests.Fault(spec) is { } fault)
        {
            return Failed(restore, "Invalid", fault);
        }

        if (Now - restore.Metadata.CreationTimestamp > AgeMax)
        {
            return Failed(restore, "Expired", $"It did not begin within {AgeMax.TotalHours:0} hour of its creation. Create another.");
        }

        try
        {
            (string? point, string waitsFor) = await PointAsync(spec, backups, cancellationToken);
            return point is null
                ? RestoreStatuses.Waiting(restore, ResourcePhase.Pending, "Waiting", waitsFor, Now)
                : spec.Etcd is null ? await StartAsync(restore, point, cancellationToken) : StartCluster(restore, point);
        }
        catch (BackupException e) when (e.Failure.Cause is FailureCause.TargetInUse or FailureCause.StoreUnavailable or FailureCause.NodeUnavailable)
        {
            return RestoreStatuses.Waiting(restore, ResourcePhase.Pending, e.Failure.Cause.ToString(), e.Failure.Message, Now);
        }
        catch (BackupException e)
        {
            return Failed(restore, e.Failure.Cause.ToString(), e.Failure.Message);
        }
    }

    private async Task<RestoreStatus> StartAsync(RestoreResource restore, string point, CancellationToken cancellationToken)
    {
        K8sBackup.Transport.V1.StartRestoreRequest request = RestoreRequests.Files(restore, point);
        _services.ClusterCalls.RequireNone(request);
        RestoreRecord record = await _services.Engine.StartAsync(request, By(restore), cancellationToken, RestoreRequests.IsDryRun(restore.Spec));
        _services.Audit.Note(By(restore), "restore.start", $"{record.Source} of {record.Point} on {record.Node}{Into(record)}", "ok");
        return RestoreStatuses.Of(restore, record, WorkProgress.None, Now);
    }

    private static string Into(RestoreRecord record) =>
        record.Into is { } volume ? $" into {Transport.Mapping.VolumeNameText.Of(Transport.Mapping.PodVolumeMapping.ToWire(volume))}" : "";

    // Planning asks every node and takes its time; the look goes on.
    private RestoreStatus? StartCluster(RestoreResource restore, string point)
    {
        EtcdRestore etcd = restore.Spec.Etcd!;
        if (etcd.ConfirmCluster != _services.Cluster)
        {
            return Failed(restore, "NotConfirmed", "spec.etcd.confirmCluster: it is not the name of this cluster. Nothing was touched.");
        }

        Task<string?> planning = _planning.GetOrAdd(restore.Metadata.Uid, _ => Task.Run(() => PlanAndConfirmAsync(restore, point)));
        return planning.IsCompletedSuccessfully && planning.Result is { } refused
            ? Failed(restore, "Refused", refused)
            : RestoreStatuses.Waiting(restore, ResourcePhase.Pending, "Planning", "All control-plane nodes are asked.", Now);
    }

    /// <summary>Null when it goes on; otherwise why not.</summary>
    private async Task<string?> PlanAndConfirmAsync(RestoreResource restore, string point)
    {
        try
        {
            ClusterRestoreRecord planned = await _services.ClusterEngine.PlanAsync(RestoreRequests.Cluster(restore, point), By(restore), _services.Stopping);
            if (planned.Obstacles.Count > 0 || planned.Phase != ClusterPhase.Planned)
            {
                return planned.Obstacles.Count > 0 ? string.Join(' ', planned.Obstacles.Take(Texts.WarningsMax)) : planned.Failure?.ToString();
            }

            _services.ClusterEngine.Confirm(planned.Id, restore.Spec.Etcd!.ConfirmCluster, By(restore));
            _services.Audit.Note(By(restore), "restore.confirm", planned.Id.ToString(), "ok");
            return null;
        }
        catch (BackupException e)
        {
            return e.Failure.Message;
        }
        catch (OperationCanceledException)
        {
            return "The coordinator stopped while it planned.";
        }
    }

    private async Task<(string? Point, string WaitsFor)> PointAsync(RestoreSpec spec, IReadOnlyList<BackupResource> backups, CancellationToken cancellationToken)
    {
        if (spec.RestorePoint.Length > 0)
        {
            return (spec.RestorePoint, "");
        }

        if (spec.LatestOf is { } plan)
        {
            return (await _services.LatestOf(plan.Name, cancellationToken), $"There is no restore point of the plan '{plan.Name}' yet.");
        }

        string name = spec.BackupRef!.Name;
        return backups.FirstOrDefault(b => b.Metadata.Name == name) switch
        {
            null => (null, $"There is no Backup '{name}' in this namespace."),
            { Status.RestorePoint: { Length: > 0 } point } => (point, ""),
            { Status.Phase: var phase } when ResourcePhase.IsOver(phase) =>
                throw new BackupException(FailureCause.NotFound, $"The Backup '{name}' ended as {phase} and made no restore point."),
            _ => (null, $"The Backup '{name}' is not over yet."),
        };
    }

    private RestoreStatus Failed(RestoreResource restore, string reason, string message) =>
        RestoreStatuses.Waiting(restore, ResourcePhase.Failed, reason, message, Now);

    private static bool IsOf(RestoreResource restore, RestoreId id, string requestId) =>
        restore.Status.Restore.Length > 0 ? restore.Status.Restore == id.ToString() : requestId == restore.Metadata.Uid;

    private static string By(RestoreResource restore) => $"Restore {restore.Metadata.Name}";
}
