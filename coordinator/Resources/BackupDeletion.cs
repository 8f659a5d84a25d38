using System.Text.Json.Nodes;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>
/// What the deletion of a Backup means. By itself nothing: the restore point stays, and its plan's retention decides. With the
/// policy Delete a finalizer keeps the object until a prune has deleted the restore point; one that is pinned, being restored or
/// locked by the store stays, and so does the object, with an event that says so. One caller.
/// </summary>
internal sealed class BackupDeletion
{
    public const string Finalizer = "k8sbackup.dev/restore-point";

    private readonly IResourceWriter _writer;
    private readonly RunEngine _engine;
    private readonly ReleasedPoints _released;
    private readonly IPointDeletion _points;
    private readonly EventRecorder _events;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private Task _pruning = Task.CompletedTask;
    private Pause _pause;

    public BackupDeletion(
        IResourceWriter writer, RunEngine engine, ReleasedPoints released, IPointDeletion points, EventRecorder events, TimeProvider clock, ILogger log)
    {
        _writer = writer;
        _engine = engine;
        _released = released;
        _points = points;
        _events = events;
        _clock = clock;
        _log = log;
    }

    /// <summary>How often a prune is tried for deleted Backups.</summary>
    public static TimeSpan PauseMin => TimeSpan.FromMinutes(1);

    /// <summary>One look at all objects.</summary>
    public async Task ReconcileAsync(IReadOnlyList<BackupResource> backups, RunIndex index, CancellationToken cancellationToken)
    {
        List<(BackupResource Backup, RestorePointId Point)> waiting = [];
        foreach (BackupResource backup in backups)
        {
            bool isHeld = backup.Metadata.Finalizers.Contains(Finalizer);
            bool isWanted = backup.Spec.DeletionPolicy == BackupSpec.Delete;
            if (backup.Metadata.DeletionTimestamp is null)
            {
                if (isHeld != isWanted)
                {
                    await HoldAsync(backup, isWanted, cancellationToken);
                }
            }
            else if (isHeld && !isWanted)
            {
                await HoldAsync(backup, false, cancellationToken);
            }
            else if (isHeld && await DeletedPointAsync(backup, index.RunOf(backup), cancellationToken) is { } point)
            {
                waiting.Add((backup, point));
            }
        }

        _released.Replace(waiting.Select(w => w.Point));
        await PruneAsync(waiting, cancellationToken);
    }

    /// <summary>The restore point that is to go; null when the object waits for its run, or for nothing any more.</summary>
    private async Task<RestorePointId?> DeletedPointAsync(BackupResource backup, RunRecord? run, CancellationToken cancellationToken)
    {
        if (run is { IsOver: false })
        {
            if (run.CancelledBy is null)
            {
                _engine.Cancel(run.Id, $"the deletion of Backup {backup.Metadata.Name}");
            }

            return null;
        }

        string text = backup.Status.RestorePoint.Length > 0 ? backup.Status.RestorePoint : run is { PointCommitted: true } ? run.Point.ToString()! : "";
        if (RestorePointId.TryParse(text, out RestorePointId point) && await IsThereAsync(point, cancellationToken))
        {
            return point;
        }

        await HoldAsync(backup, false, cancellationToken);
        return null;
    }

    private async Task<bool> IsThereAsync(RestorePointId point, CancellationToken cancellationToken)
    {
        try
        {
            return await _points.IsThereAsync(point, cancellationToken);
        }
        catch (BackupException)
        {
            // Nobody knows while the store is away.
            return true;
        }
    }

    private async Task PruneAsync(List<(BackupResource Backup, RestorePointId Point)> waiting, CancellationToken cancellationToken)
    {
        if (waiting.Count == 0 || !_pruning.IsCompleted || !_pause.IsOver)
        {
            return;
        }

        _pause = new Pause(_clock, PauseMin);
        foreach ((BackupResource backup, RestorePointId point) in waiting)
        {
            ResourceLog.Releasing(_log, $"Backup {backup.Metadata.Name}", point.ToString());
            await _events.NormalAsync(backup, "DeletingData", $"Restore point {point} is deleted by a prune. Pinned or locked ones stay, and this object with them.", cancellationToken);
        }

        HashSet<RestorePointId> points = [.. waiting.Select(w => w.Point)];
        _pruning = Task.Run(() => PruneAsync(points, cancellationToken), CancellationToken.None);
    }

    private async Task PruneAsync(HashSet<RestorePointId> points, CancellationToken cancellationToken)
    {
        try
        {
            await _points.DeleteAsync(points, cancellationToken);
        }
        catch (Exception e) when (e is BackupException or OperationCanceledException)
        {
            // Another prune or a check goes on, or the store is away: tried again.
            ResourceLog.NotWritten(_log, "The deletion of restore points", e.Message);
        }
    }

    private async Task HoldAsync(BackupResource backup, bool isHeld, CancellationToken cancellationToken)
    {
        IEnumerable<string> others = backup.Metadata.Finalizers.Where(f => f != Finalizer);
        JsonArray finalizers = [.. (isHeld ? others.Append(Finalizer) : others).Select(f => (JsonNode)f)];
        JsonObject patch = new() { ["metadata"] = new JsonObject { ["resourceVersion"] = backup.Metadata.ResourceVersion, ["finalizers"] = finalizers } };
        try
        {
            await _writer.MergePatchAsync(ResourceKinds.Backups, ResourceName.Of(backup), patch, Subresource.None, cancellationToken);
        }
        catch (KubernetesException e) when (e.Failure is KubernetesFailure.Conflict or KubernetesFailure.NotFound)
        {
            // Changed just now: looked at again.
        }
        catch (KubernetesException e)
        {
            ResourceLog.NotWritten(_log, $"Backup {backup.Metadata.Name}", e.Message);
        }
    }
}
