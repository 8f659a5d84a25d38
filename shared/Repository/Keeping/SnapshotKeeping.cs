using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Keeping;

/// <summary>
/// Keeps everything that restores of some snapshots need from being deleted: their manifests, the packs of all their chunks, those of earlier backups
/// too, and what the whole repository needs to be read. Memory: 16 bytes for each pack, and the chunk list of one snapshot at a time.
/// </summary>
public sealed class SnapshotKeeping
{
    /// <summary>What every restore needs besides packs and manifests.</summary>
    internal static readonly string[] CommonPrefixes = [ObjectNames.KeysPrefix, ObjectNames.EpochsPrefix, ObjectNames.IndexPrefix];

    private const int AtOnce = 16;
    private const int CacheBytes = 4 << 20;

    private readonly OpenRepository _repository;
    private readonly ObjectKeeping _keeping;

    public SnapshotKeeping(OpenRepository repository, ObjectKeeping keeping)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(keeping);
        _repository = repository;
        _keeping = keeping;
    }

    /// <summary>Returns when the store has confirmed all of them; how many ends were moved.</summary>
    /// <exception cref="ObjectStoreException">The store refuses one of them; all others were tried before.</exception>
    /// <exception cref="RepositoryCorruptException">A chunk of a snapshot is in no index, or its list is damaged.</exception>
    public async Task<long> KeepAsync(IReadOnlyCollection<SnapshotManifest> snapshots, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshots);
        HashSet<ObjectId> packs = await PacksAsync(snapshots, cancellationToken);
        long moved = 0;
        ConcurrentQueue<ObjectStoreException> refused = [];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(NamesAsync(packs, snapshots, cancellationToken), parallel, async (name, token) =>
        {
            try
            {
                if (await _keeping.KeepAsync(name, token))
                {
                    Interlocked.Increment(ref moved);
                }
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.NotFound && name.StartsWith(ObjectNames.IndexPrefix, StringComparison.Ordinal))
            {
                // Compacted away since it was listed. Packs say themselves what they hold, so that no restore needs this one segment.
            }
            catch (ObjectStoreException e)
            {
                refused.Enqueue(e);
            }
        });
        return refused.TryDequeue(out ObjectStoreException? first) ? throw first : moved;
    }

    /// <summary>Keeps the manifest of a committed restore point.</summary>
    /// <exception cref="ObjectStoreException">The store refuses, or there is none.</exception>
    public Task<bool> KeepPointAsync(RestorePointId point, CancellationToken cancellationToken) =>
        _keeping.KeepAsync(ObjectNames.RestorePoint(point), cancellationToken);

    private async Task<HashSet<ObjectId>> PacksAsync(IEnumerable<SnapshotManifest> snapshots, CancellationToken cancellationToken)
    {
        HashSet<ObjectId> packs = [];
        ChunkReader reader = new(_repository, CacheBytes);
        foreach (SnapshotManifest snapshot in snapshots)
        {
            foreach (ChunkId list in snapshot.ChunkList)
            {
                packs.Add(PackOf(list));
            }

            await foreach (ChunkId chunk in ChunkListReader.ReadAsync(reader, snapshot, cancellationToken))
            {
                packs.Add(PackOf(chunk));
            }
        }

        return packs;
    }

    private ObjectId PackOf(ChunkId chunk) => _repository.Index.TryFind(StoreChunkId.Of(chunk, _repository.Keys), out ChunkLocation location)
        ? _repository.Index.Frame(location.Frame).Header.Id
        : throw _repository.Missing(chunk);

    private async IAsyncEnumerable<string> NamesAsync(
        IEnumerable<ObjectId> packs, IEnumerable<SnapshotManifest> snapshots, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ObjectNames.Config;
        foreach (string name in packs.Select(ObjectNames.Pack).Concat(snapshots.Select(s => ObjectNames.Snapshot(s.Id))))
        {
            yield return name;
        }

        foreach (string prefix in CommonPrefixes)
        {
            await foreach (ObjectInfo info in _repository.Store.ListAsync(prefix, cancellationToken))
            {
                yield return info.Name;
            }
        }
    }
}
