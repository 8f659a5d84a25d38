using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Marks in the index what manifests need. A chunk list that several snapshots share is read once, and trees are not read at all: a list
/// names every chunk. Memory: the marks are bits of the index itself; 16 bytes for each pack of one snapshot at a time.
/// </summary>
internal sealed class LiveMarker
{
    private const int CacheBytes = 4 << 20;

    private readonly OpenRepository _repository;
    private readonly ChunkReader _reader;
    private readonly PruneOptions _options;
    private readonly int _packTargetBytes;
    private readonly HashSet<SourceKey> _sources = [];

    public LiveMarker(OpenRepository repository, PruneOptions options, int packTargetBytes)
    {
        _repository = repository;
        _reader = new ChunkReader(repository, CacheBytes);
        _options = options;
        _packTargetBytes = packTargetBytes;
    }

    /// <summary>Chunks that are needed and not in the index.</summary>
    public long Missing { get; private set; }

    /// <summary>Numbers of packs that hold little of the newest snapshot of a source that is in too many.</summary>
    public HashSet<uint> Scattered { get; } = [];

    /// <summary>Marks everything a snapshot needs. Snapshots come newest first.</summary>
    /// <exception cref="RepositoryCorruptException">Its chunk list cannot be read: what it needs is not known.</exception>
    public async Task MarkAsync(SnapshotManifest manifest, CancellationToken cancellationToken)
    {
        // How the newest snapshot of a source lies decides how long its restore takes; its lists are read whole for that.
        Dictionary<uint, long>? bytesOfPack = _sources.Add(manifest.Source) ? [] : null;
        long count = 0;
        foreach (ChunkId list in manifest.ChunkList)
        {
            StoreChunkId id = StoreChunkId.Of(list, _repository.Keys);
            if (!_repository.Index.TryMark(id, ChunkMarks.Live, out ChunkLocation location, out uint pack, out ChunkMarks before))
            {
                throw _repository.Missing(list);
            }

            Note(bytesOfPack, pack, location);
            count += location.Length / ChunkId.Bytes;
            if ((before & ChunkMarks.ListRead) == 0 || bytesOfPack is not null)
            {
                await MarkListAsync(manifest, list, bytesOfPack, cancellationToken);
                _repository.Index.TryMark(id, ChunkMarks.ListRead, out _, out _, out _);
            }
        }

        if (count != manifest.Chunks)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent,
                ObjectNames.Snapshot(manifest.Id),
                $"its chunk list has {count} chunks, and the manifest says {manifest.Chunks}");
        }

        Mark(manifest.Root, bytesOfPack);
        if (bytesOfPack is not null)
        {
            FindScattered(bytesOfPack);
        }
    }

    /// <summary>Marks one chunk that is needed for another reason; nothing happens when it is not there.</summary>
    public void MarkIfPresent(ChunkId chunk) =>
        _repository.Index.TryMark(StoreChunkId.Of(chunk, _repository.Keys), ChunkMarks.Live, out _, out _, out _);

    private static void Note(Dictionary<uint, long>? bytesOfPack, uint pack, ChunkLocation location)
    {
        if (bytesOfPack is not null)
        {
            bytesOfPack[pack] = bytesOfPack.GetValueOrDefault(pack) + location.Length;
        }
    }

    private async Task MarkListAsync(
        SnapshotManifest manifest, ChunkId list, Dictionary<uint, long>? bytesOfPack, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> ids = await _reader.ReadAsync(list, cancellationToken);
        if (ids.Length == 0 || ids.Length % ChunkId.Bytes != 0)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, ObjectNames.Snapshot(manifest.Id), $"chunk list {list} has {ids.Length} bytes");
        }

        for (int offset = 0; offset < ids.Length; offset += ChunkId.Bytes)
        {
            Mark(new ChunkId(ids.Span.Slice(offset, ChunkId.Bytes)), bytesOfPack);
        }
    }

    private void Mark(ChunkId chunk, Dictionary<uint, long>? bytesOfPack)
    {
        if (_repository.Index.TryMark(
            StoreChunkId.Of(chunk, _repository.Keys), ChunkMarks.Live, out ChunkLocation location, out uint pack, out _))
        {
            Note(bytesOfPack, pack, location);
        }
        else
        {
            Missing++;
        }
    }

    private void FindScattered(Dictionary<uint, long> bytesOfPack)
    {
        long ideal = (bytesOfPack.Values.Sum() / _packTargetBytes) + 1;
        long allowed = Math.Max(_options.PacksPerSnapshotMin, ideal * _options.PacksPerIdealMax);
        if (bytesOfPack.Count > allowed)
        {
            // One more than the excess: what is copied needs a pack of its own.
            long excess = bytesOfPack.Count - allowed + 1;
            Scattered.UnionWith(bytesOfPack.OrderBy(p => p.Value).ThenBy(p => p.Key).Take((int)excess).Select(p => p.Key));
        }
    }
}
