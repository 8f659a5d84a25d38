using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Retention;
using K8sBackup.Repository.Keeping;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Commits restore points to the repository, and keeps them from deletion where plans ask for it.</summary>
public sealed class RestorePointSink : IRestorePointSink
{
    private readonly RepositoryAccess _access;
    private readonly IObjectRetention? _retention;

    /// <param name="access">The repository.</param>
    /// <param name="retention">The store's retention; null when it has none.</param>
    public RestorePointSink(RepositoryAccess access, IObjectRetention? retention)
    {
        _access = access;
        _retention = retention;
    }

    public async Task CommitAsync(RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        using RepositoryLease lease = await _access.EnterToWriteAsync(cancellationToken);
        try
        {
            // The former attempt may have come through although its answer was lost.
            if (await lease.Repository.Catalog.GetRestorePointAsync(manifest.Id, cancellationToken) is null)
            {
                RestorePointManifest placed = manifest with { Sequence = await lease.Writer.NextSequenceAsync(cancellationToken) };

                // Not to be cancelled half-way: the writer would be used up for everybody.
                await lease.Writer.CommitRestorePointAsync(placed, CancellationToken.None);
            }
        }
        catch (ManifestRejectedException e)
        {
            throw new BackupException(FailureCause.StoreCorrupt, $"The restore point is not committed: {e.Message}", e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    public async Task KeepAsync(IReadOnlyCollection<SnapshotId> snapshots, RestorePointId? point, TimeSpan time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        ObjectKeeping keeping = _retention is null
            ? throw new BackupException(FailureCause.InvalidRequest, "the store has no object lock; its settings must name one.")
            : new ObjectKeeping(_retention, time);
        try
        {
            using RepositoryLease lease = _access.Enter();
            List<SnapshotManifest> manifests = [];
            foreach (SnapshotId id in snapshots)
            {
                manifests.Add(await lease.Repository.Catalog.GetSnapshotAsync(id, cancellationToken)
                    ?? throw new BackupException(FailureCause.StoreCorrupt, $"The manifest of snapshot {id} is missing in the store."));
            }

            SnapshotKeeping kept = new(lease.Repository, keeping);
            if (manifests.Count > 0)
            {
                await kept.KeepAsync(manifests, cancellationToken);
            }

            if (point is { } committed)
            {
                await kept.KeepPointAsync(committed, cancellationToken);
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
