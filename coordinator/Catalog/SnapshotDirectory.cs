using System.Collections.Concurrent;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>
/// Finds committed snapshots by run and source. Reads all manifests once, when first asked, and is told of new ones
/// afterwards, since this coordinator is the only writer. Newest is what was committed last, whatever clocks said. Memory:
/// about 200 bytes a snapshot. Damaged manifests are passed over. Thread-safe.
/// </summary>
public sealed class SnapshotDirectory : ISnapshotLookup, IDisposable
{
    private readonly RepositoryAccess _access;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly ConcurrentDictionary<SourceKey, SnapshotId> _latest = new();
    private readonly ConcurrentDictionary<(RunId Run, SourceKey Source), SnapshotId> _byRun = new();
    private volatile bool _loaded;

    public SnapshotDirectory(RepositoryAccess access) => _access = access;

    public async Task<SnapshotManifest?> FindAsync(RunId run, SourceKey source, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return await ReadAsync(_byRun.GetValueOrDefault((run, source), SnapshotId.Of(run, source)), cancellationToken);
    }

    /// <summary>The newest snapshot of a source, null when there is none.</summary>
    public async Task<SnapshotManifest?> LatestAsync(SourceKey source, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return _latest.TryGetValue(source, out SnapshotId id) ? await ReadAsync(id, cancellationToken) : null;
    }

    /// <summary>The snapshot of that id, null when there is none.</summary>
    /// <exception cref="Model.Outcomes.BackupException">Its manifest is damaged, or the store cannot be read.</exception>
    public async Task<SnapshotManifest?> ReadAsync(SnapshotId id, CancellationToken cancellationToken)
    {
        try
        {
            using RepositoryLease lease = _access.Enter();
            return await lease.Repository.Catalog.GetSnapshotAsync(id, cancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    /// <summary>Notes a snapshot that was just committed.</summary>
    public void Note(SnapshotManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        _byRun[(manifest.Run, manifest.Source)] = manifest.Id;
        _latest[manifest.Source] = manifest.Id;
    }

    /// <summary>Forgets snapshots that were deleted. A source whose newest is among them has none until the next is committed.</summary>
    public void Forget(IEnumerable<SnapshotId> deleted)
    {
        HashSet<SnapshotId> gone = [.. deleted];
        foreach ((SourceKey source, SnapshotId id) in _latest.Where(l => gone.Contains(l.Value)))
        {
            _latest.TryRemove(KeyValuePair.Create(source, id));
        }

        foreach (((RunId, SourceKey) key, SnapshotId id) in _byRun.Where(r => gone.Contains(r.Value)))
        {
            _byRun.TryRemove(KeyValuePair.Create(key, id));
        }
    }

    public void Dispose() => _loading.Dispose();

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (_loaded)
        {
            return;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (!_loaded)
            {
                using RepositoryLease lease = _access.Enter();
                await LoadAsync(lease.Repository.Catalog, cancellationToken);
                _loaded = true;
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
        finally
        {
            _loading.Release();
        }
    }

    // Snapshots committed while this loads are noted in between, and stand.
    private async Task LoadAsync(SnapshotCatalog catalog, CancellationToken cancellationToken)
    {
        HashSet<SnapshotId> sound = [];
        Dictionary<SourceKey, SnapshotId> byClock = [];
        await foreach (SnapshotEntry entry in catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Manifest is { } manifest)
            {
                sound.Add(manifest.Id);
                byClock.TryAdd(manifest.Source, manifest.Id);
                _byRun.TryAdd((manifest.Run, manifest.Source), manifest.Id);
            }
        }

        await foreach (RestorePointEntry entry in catalog.RestorePointsAsync(cancellationToken))
        {
            foreach (SourceResult source in entry.Manifest?.Sources ?? [])
            {
                if (source.Snapshot is { } id && sound.Contains(id))
                {
                    _latest.TryAdd(source.Source, id);
                }
            }
        }

        // Of a run without a restore point yet, or whose restore point is lost.
        foreach ((SourceKey source, SnapshotId id) in byClock)
        {
            _latest.TryAdd(source, id);
        }
    }
}
