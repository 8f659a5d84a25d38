using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Snapshots;

/// <summary>
/// The manifests of a repository, newest first. A damaged manifest appears as such and hides no other. Thread-safe.
/// Listings read a few manifests ahead, so that a caller who needs few stops early; names take about 100 bytes of memory each.
/// </summary>
public sealed class SnapshotCatalog
{
    private const int AmbiguousShown = 5;

    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly CommitOrder _order;

    internal SnapshotCatalog(IObjectStore store, MasterKeys keys)
    {
        _store = store;
        _keys = keys;
        _order = new CommitOrder(ReadRestorePointAsync);
    }

    /// <summary>
    /// All restore points, the one committed last first, whatever clocks said then. The first listing reads every manifest to learn
    /// the order; later ones read for it only those that are new.
    /// </summary>
    public async IAsyncEnumerable<RestorePointEntry> RestorePointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = await _order.NewestFirstAsync(await NamesAsync(ObjectNames.RestorePointsPrefix, cancellationToken), cancellationToken);
        await foreach (RestorePointEntry entry in ReadAhead.InOrderAsync(names, ReadRestorePointAsync, cancellationToken))
        {
            yield return entry;
        }
    }

    /// <summary>
    /// All snapshots, or those of one source, newest first by their ids, which sort by time. Damaged ones appear in both, because their
    /// source is not known.
    /// </summary>
    public async IAsyncEnumerable<SnapshotEntry> SnapshotsAsync(
        SourceKey? source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<string> names = await NamesAsync(ObjectNames.SnapshotsPrefix, cancellationToken);
        await foreach (SnapshotEntry entry in ReadAhead.InOrderAsync(names, ReadSnapshotAsync, cancellationToken))
        {
            if (source is null || entry.Manifest is null || entry.Manifest.Source == source)
            {
                yield return entry;
            }
        }
    }

    /// <summary>All pins, in order of their restore points.</summary>
    public async IAsyncEnumerable<PinEntry> PinsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in _store.ListAsync(ObjectNames.PinsPrefix, cancellationToken))
        {
            RestorePointId? point = RestorePointId.TryParse(info.Name[ObjectNames.PinsPrefix.Length..], out RestorePointId parsed) ? parsed : null;
            PinEntry entry;
            try
            {
                entry = new PinEntry(info.Name, point, await PinStore.ReadAsync(_store, _keys, info.Name, cancellationToken), null);
            }
            catch (RepositoryCorruptException e)
            {
                entry = new PinEntry(info.Name, point, null, e);
            }

            yield return entry;
        }
    }

    /// <summary>The sound restore point committed last; null when there is none.</summary>
    public async Task<RestorePointEntry?> LatestRestorePointAsync(CancellationToken cancellationToken)
    {
        await foreach (RestorePointEntry entry in RestorePointsAsync(cancellationToken))
        {
            if (entry.Manifest is { AfterChange: false })
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>What repairs found lost, by snapshot. A snapshot in it is no proof that anything was backed up well.</summary>
    public Task<IReadOnlyDictionary<SnapshotId, SnapshotLoss>> LossesAsync(CancellationToken cancellationToken) =>
        LossStore.ReadAsync(_store, _keys, cancellationToken);

    /// <summary>What rehearsed restores showed, in order of their snapshots, of each the oldest first.</summary>
    public IAsyncEnumerable<DrillEntry> DrillsAsync(CancellationToken cancellationToken) => DrillStore.ReadAsync(_store, _keys, cancellationToken);

    /// <summary>What rehearsed restores of one snapshot showed, the oldest first.</summary>
    public IAsyncEnumerable<DrillEntry> DrillsAsync(SnapshotId snapshot, CancellationToken cancellationToken) =>
        DrillStore.ReadAsync(_store, _keys, snapshot, cancellationToken);

    /// <summary>The newest rehearsal of each snapshot that has one. A snapshot whose newest one failed, or cannot be read, proves nothing.</summary>
    public Task<IReadOnlyDictionary<SnapshotId, DrillEntry>> NewestDrillsAsync(CancellationToken cancellationToken) =>
        DrillStore.NewestAsync(_store, _keys, cancellationToken);

    /// <summary>One snapshot; null when there is none of that id.</summary>
    /// <exception cref="RepositoryCorruptException">Its manifest is damaged.</exception>
    public async Task<SnapshotManifest?> GetSnapshotAsync(SnapshotId id, CancellationToken cancellationToken)
    {
        string name = ObjectNames.Snapshot(id);
        return await _store.HeadAsync(name, cancellationToken) is null
            ? null
            : await ManifestStore.ReadSnapshotAsync(_store, _keys, name, cancellationToken);
    }

    /// <summary>One restore point; null when there is none of that id.</summary>
    /// <exception cref="RepositoryCorruptException">Its manifest is damaged.</exception>
    public async Task<RestorePointManifest?> GetRestorePointAsync(RestorePointId id, CancellationToken cancellationToken)
    {
        string name = ObjectNames.RestorePoint(id);
        return await _store.HeadAsync(name, cancellationToken) is null
            ? null
            : await ManifestStore.ReadRestorePointAsync(_store, _keys, name, cancellationToken);
    }

    /// <summary>The snapshot whose id begins so; null when there is none.</summary>
    /// <exception cref="AmbiguousIdException">More than one id begins so.</exception>
    public async Task<SnapshotEntry?> FindSnapshotAsync(string idPrefix, CancellationToken cancellationToken) =>
        await FindAsync(ObjectNames.SnapshotsPrefix, idPrefix, cancellationToken) is string name
            ? await ReadSnapshotAsync(name, cancellationToken)
            : null;

    /// <summary>The restore point whose id begins so; null when there is none.</summary>
    /// <exception cref="AmbiguousIdException">More than one id begins so.</exception>
    public async Task<RestorePointEntry?> FindRestorePointAsync(string idPrefix, CancellationToken cancellationToken) =>
        await FindAsync(ObjectNames.RestorePointsPrefix, idPrefix, cancellationToken) is string name
            ? await ReadRestorePointAsync(name, cancellationToken)
            : null;

    private async Task<string?> FindAsync(string folder, string idPrefix, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(idPrefix);
        if (!ObjectName.IsValid(idPrefix) || idPrefix.Contains('/', StringComparison.Ordinal))
        {
            return null;
        }

        List<string> found = [];
        await foreach (ObjectInfo info in _store.ListAsync(folder + idPrefix, cancellationToken))
        {
            found.Add(info.Name);
            if (found.Count == AmbiguousShown)
            {
                break;
            }
        }

        return found.Count <= 1
            ? found.SingleOrDefault()
            : throw new AmbiguousIdException(idPrefix, [.. found.Select(n => n[folder.Length..])]);
    }

    private async Task<List<string>> NamesAsync(string prefix, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await foreach (ObjectInfo info in _store.ListAsync(prefix, cancellationToken))
        {
            names.Add(info.Name);
        }

        names.Reverse();
        return names;
    }

    private async Task<SnapshotEntry> ReadSnapshotAsync(string name, CancellationToken cancellationToken)
    {
        SnapshotId? id = SnapshotId.TryParse(name[ObjectNames.SnapshotsPrefix.Length..], out SnapshotId parsed) ? parsed : null;
        try
        {
            return new SnapshotEntry(name, id, await ManifestStore.ReadSnapshotAsync(_store, _keys, name, cancellationToken), null);
        }
        catch (RepositoryCorruptException e)
        {
            return new SnapshotEntry(name, id, null, e);
        }
    }

    private async Task<RestorePointEntry> ReadRestorePointAsync(string name, CancellationToken cancellationToken)
    {
        RestorePointId? id = RestorePointId.TryParse(name[ObjectNames.RestorePointsPrefix.Length..], out RestorePointId parsed) ? parsed : null;
        try
        {
            return new RestorePointEntry(name, id, await ManifestStore.ReadRestorePointAsync(_store, _keys, name, cancellationToken), null);
        }
        catch (RepositoryCorruptException e)
        {
            return new RestorePointEntry(name, id, null, e);
        }
    }
}
