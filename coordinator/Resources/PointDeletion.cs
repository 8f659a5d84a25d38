using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Deletes restore points by the coordinator's own prune.</summary>
internal sealed class PointDeletion : IPointDeletion
{
    private readonly RepositoryAccess _access;
    private readonly PruneService _prune;
    private readonly PruneSettings _settings;

    public PointDeletion(RepositoryAccess access, PruneService prune, PruneSettings settings)
    {
        _access = access;
        _prune = prune;
        _settings = settings;
    }

    public async Task<bool> IsThereAsync(RestorePointId point, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            return await lease.Repository.Catalog.GetRestorePointAsync(point, cancellationToken) is not null;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    public Task DeleteAsync(IReadOnlySet<RestorePointId> points, CancellationToken cancellationToken) =>
        _prune.RunAsync(new PruneOrder("deleted Backups", _settings.Options) { Only = points }, null, cancellationToken);
}
