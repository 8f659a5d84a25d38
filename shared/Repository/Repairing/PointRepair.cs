using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Repairing;

/// <summary>
/// Makes restore points again whose manifest is lost or damaged: snapshots know their run, so those of one run that no restore point names belong
/// together. What the lost manifest said beyond that is lost: sources that failed, notes, whether the set is complete. So it counts as partly
/// failed. It takes its old place in the order of commits, behind those whose runs ended before. Memory: about 100 bytes for each snapshot.
/// </summary>
public static class PointRepair
{
    private const string Note = "Made again by a repair from the snapshots of its run: what else it said, and which sources failed, is not known.";

    /// <summary>Finds them, and writes them when told to, which takes the next generation.</summary>
    /// <exception cref="RepositoryCorruptException">A restore point that is not lost cannot be read: nobody knows what it names.</exception>
    /// <exception cref="ObjectStoreException">The store failed; the call may be repeated.</exception>
    /// <exception cref="WriterFencedException">Another writer took over meanwhile.</exception>
    public static async Task<PointRepairReport> RunAsync(
        IObjectStore store, MasterKeys keys, bool execute, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(clock);
        WriterLease? lease = execute ? await WriterLease.TakeAsync(store, keys, "repair points", clock, cancellationToken) : null;
        SnapshotCatalog catalog = new(store, keys);
        HashSet<RunId> runs = [];
        List<(DateTimeOffset FinishedAt, long Sequence)> order = [];
        List<string> damaged = [];
        await foreach (RestorePointEntry entry in catalog.RestorePointsAsync(cancellationToken))
        {
            if (entry.Manifest is { } manifest)
            {
                runs.Add(manifest.Run);
                order.Add((manifest.FinishedAt, manifest.Sequence));
            }
            else
            {
                damaged.Add(Removable.IsLost(entry.Damage!) ? entry.ObjectName : throw entry.Damage!);
            }
        }

        List<RestorePointManifest> made = [];
        foreach (IGrouping<RunId, SnapshotManifest> run in await UnnamedAsync(catalog, runs, cancellationToken))
        {
            RestorePointManifest point = PointOf(run, order);
            await (lease is null ? Task.CompletedTask : WriteAsync(store, keys, lease, point, cancellationToken));
            made.Add(point);
        }

        return new PointRepairReport(made, damaged);
    }

    // A run that has its restore point has named all it wanted to.
    private static async Task<IEnumerable<IGrouping<RunId, SnapshotManifest>>> UnnamedAsync(
        SnapshotCatalog catalog, HashSet<RunId> runs, CancellationToken cancellationToken)
    {
        List<SnapshotManifest> unnamed = [];
        await foreach (SnapshotEntry entry in catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Manifest is { } manifest && !runs.Contains(manifest.Run))
            {
                unnamed.Add(manifest);
            }
        }

        return unnamed.GroupBy(s => s.Run).OrderBy(run => run.Max(s => s.FinishedAt));
    }

    private static RestorePointManifest PointOf(
        IGrouping<RunId, SnapshotManifest> run, List<(DateTimeOffset FinishedAt, long Sequence)> order)
    {
        // Snapshots come newest first.
        SnapshotManifest[] snapshots = [.. run.DistinctBy(s => s.Source)];
        DateTimeOffset finishedAt = snapshots.Max(s => s.FinishedAt);
        return new RestorePointManifest
        {
            // With the number of the one before it: among equals ids decide, and they sort by time.
            Id = RestorePointId.Create(new Moment(finishedAt)),
            Sequence = order.Where(o => o.FinishedAt <= finishedAt).Select(o => o.Sequence).DefaultIfEmpty().Max(),
            Cluster = snapshots[0].Cluster,
            Plan = snapshots[0].Plan,
            Run = run.Key,
            StartedAt = snapshots.Min(s => s.StartedAt),
            FinishedAt = finishedAt,
            Outcome = SnapshotOutcome.PartiallyFailed,
            Sources = [.. snapshots.OrderBy(s => s.Source.ToString(), StringComparer.Ordinal).Select(s => new SourceResult(s.Source, s.Id, s.Outcome, null, s.Volume))],
            Notes = [Note],
        };
    }

    private static async Task WriteAsync(IObjectStore store, MasterKeys keys, WriterLease lease, RestorePointManifest point, CancellationToken cancellationToken)
    {
        await lease.CheckAsync(TimeSpan.Zero, cancellationToken);
        await ManifestStore.WriteAsync(store, keys, point, cancellationToken);
    }

    private sealed class Moment(DateTimeOffset time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time;
    }
}
