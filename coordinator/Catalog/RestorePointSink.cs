using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Commits restore points to the repository.</summary>
public sealed class RestorePointSink : IRestorePointSink
{
    private readonly RepositoryAccess _access;

    public RestorePointSink(RepositoryAccess access) => _access = access;

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
}
