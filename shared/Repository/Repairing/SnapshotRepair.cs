using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Repairing;

/// <summary>
/// Marks snapshots that need what is lost, each with the files it costs, and takes the mark off those that are whole again because what
/// they need was stored again. Manifests and data stay as they are, unless it is told to remove manifests nothing can be read from any more,
/// which keep a prune from knowing what is needed. To be run after a repair of the index.
/// </summary>
public static class SnapshotRepair
{
    /// <summary>Checks, and marks when told to.</summary>
    /// <param name="store">The store.</param>
    /// <param name="keys">The repository's keys.</param>
    /// <param name="options">How thorough the check before it is. What is not read is not found.</param>
    /// <param name="removeDamaged">True to remove damaged manifests of snapshots and restore points as well.</param>
    /// <param name="execute">False: says what would be done, and writes nothing.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="progress">How far the check is.</param>
    /// <param name="cancellationToken">Stops between two snapshots.</param>
    /// <exception cref="ObjectStoreException">The store failed; what was marked stays, and the call may be repeated.</exception>
    public static async Task<SnapshotRepairReport> RunAsync(
        IObjectStore store,
        MasterKeys keys,
        CheckOptions options,
        bool removeDamaged,
        bool execute,
        TimeProvider clock,
        IProgress<CheckProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clock);
        IReadOnlyDictionary<SnapshotId, SnapshotLoss> known = await LossStore.ReadAsync(store, keys, cancellationToken);
        CheckReport report = await RepositoryChecker.RunAsync(store, keys, options, clock, progress, cancellationToken);
        List<SnapshotLoss> marked = [];
        foreach (SnapshotDamage damage in report.DamagedSnapshots.Where(d => d.HasManifest))
        {
            SnapshotLoss loss = LossOf(damage, clock);
            if (!known.TryGetValue(damage.Snapshot, out SnapshotLoss? before) || !before.IsSameAs(loss))
            {
                marked.Add(loss);
                await (execute ? LossStore.WriteAsync(store, keys, loss, clock, cancellationToken) : Task.CompletedTask);
            }
        }

        HashSet<SnapshotId> damaged = [.. report.DamagedSnapshots.Select(d => d.Snapshot)];
        SnapshotId[] healed = [.. known.Keys.Where(s => !damaged.Contains(s)).Order()];
        foreach (SnapshotId snapshot in execute ? healed : [])
        {
            await LossStore.RemoveAsync(store, snapshot, cancellationToken);
        }

        return new SnapshotRepairReport(
            marked,
            healed,
            [.. report.DamagedSnapshots.Where(d => !d.HasManifest).Select(d => d.Snapshot)],
            removeDamaged ? await RemoveDamagedAsync(store, keys, execute, cancellationToken) : [],
            report);
    }

    // Read once more: what is removed now is damaged now. Restore points go first, so that none names a snapshot that went before it.
    private static async Task<IReadOnlyList<string>> RemoveDamagedAsync(
        IObjectStore store, MasterKeys keys, bool execute, CancellationToken cancellationToken)
    {
        SnapshotCatalog catalog = new(store, keys);
        List<string> removed = [];
        await foreach (RestorePointEntry entry in catalog.RestorePointsAsync(cancellationToken))
        {
            if (entry.Damage is { } damage && Removable.IsLost(damage))
            {
                removed.Add(entry.ObjectName);
            }
        }

        await foreach (SnapshotEntry entry in catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Damage is { } damage && Removable.IsLost(damage))
            {
                removed.Add(entry.ObjectName);
            }
        }

        foreach (string name in execute ? removed : [])
        {
            await store.DeleteAsync(name, cancellationToken);
        }

        return removed;
    }

    private static SnapshotLoss LossOf(SnapshotDamage damage, TimeProvider clock) => new()
    {
        Snapshot = damage.Snapshot,
        FoundAt = clock.GetUtcNow(),
        Objects = [.. damage.Objects.Take(SnapshotLoss.ListedMax)],
        Paths = [.. damage.Paths.Take(SnapshotLoss.ListedMax)],
        PathCount = damage.PathCount,
    };
}
