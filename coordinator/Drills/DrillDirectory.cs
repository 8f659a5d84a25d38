using K8sBackup.Coordinator.Catalog;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Coordinator.Drills;

/// <summary>The records of drills in the store: reads them when asked, and writes new ones. Thread-safe.</summary>
public sealed class DrillDirectory
{
    private readonly RepositoryAccess _access;

    public DrillDirectory(RepositoryAccess access) => _access = access;

    /// <summary>The newest record of each snapshot.</summary>
    /// <exception cref="BackupException">The store cannot be read.</exception>
    public async Task<IReadOnlyDictionary<SnapshotId, DrillEntry>> NewestAsync(CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            return await lease.Repository.Catalog.NewestDrillsAsync(cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    /// <summary>Every record that can be read, newest first.</summary>
    /// <exception cref="BackupException">The store cannot be read.</exception>
    public async Task<IReadOnlyList<DrillRecord>> AllAsync(CancellationToken cancellationToken)
    {
        List<DrillRecord> records = [];
        try
        {
            using RepositoryLease lease = _access.Enter();
            await foreach (DrillEntry entry in lease.Repository.Catalog.DrillsAsync(cancellationToken))
            {
                if (entry.Record is { } record)
                {
                    records.Add(record);
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        records.Sort((left, right) => right.Id.CompareTo(left.Id));
        return records;
    }

    /// <summary>Keeps a record; false when the snapshot was pruned meanwhile, and needs none.</summary>
    /// <exception cref="BackupException">The store cannot be written.</exception>
    public async Task<bool> RecordAsync(DrillRecord record, CancellationToken cancellationToken)
    {
        using RepositoryLease lease = await _access.EnterToWriteAsync(cancellationToken);
        try
        {
            await lease.Writer.RecordDrillAsync(record, cancellationToken);
            return true;
        }
        catch (ManifestRejectedException)
        {
            return false;
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }
}
