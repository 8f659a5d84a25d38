using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Where restore points go.</summary>
public interface IRestorePointSink
{
    /// <summary>
    /// Makes the restore point durable and listed. Idempotent: when a restore point with the same id is already there
    /// (the answer of an earlier attempt was lost), nothing changes and the call succeeds.
    /// </summary>
    /// <exception cref="Model.Outcomes.BackupException">The store is unavailable or full; nothing is listed.</exception>
    Task CommitAsync(RestorePointManifest manifest, CancellationToken cancellationToken);

    /// <summary>Has the store refuse for a time to delete what restores of these snapshots need, and the manifest of a committed restore point.</summary>
    /// <exception cref="Model.Outcomes.BackupException">Not all of it is kept; InvalidRequest when the store has no object lock.</exception>
    Task KeepAsync(IReadOnlyCollection<SnapshotId> snapshots, RestorePointId? point, TimeSpan time, CancellationToken cancellationToken);
}
