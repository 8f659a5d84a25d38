using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// A repository with its keys and its index in memory. Thread-safe. Does not own the store or the keys. Damaged index segments do not
/// keep it from opening: they are listed in <see cref="DamagedIndexSegments"/>, and what only they list is missing until a rebuild.
/// </summary>
public sealed partial class OpenRepository : IDisposable
{
    private const int SegmentListingsMax = 5;

    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly HashSet<string> _segmentsSeen = new(StringComparer.Ordinal);
    private volatile List<RepositoryCorruptException> _damagedSegments = [];

    private readonly bool _presentPacksOnly;

    private OpenRepository(IObjectStore store, MasterKeys keys, RepositoryConfig config, bool presentPacksOnly, IndexPaging? paging)
    {
        Index = new ChunkIndex(paging);
        _presentPacksOnly = presentPacksOnly;
        Store = store;
        Keys = keys;
        Config = config;
        Catalog = new SnapshotCatalog(store, keys);
    }

    /// <summary>What the repository says about itself.</summary>
    public RepositoryConfig Config { get; }

    /// <summary>The restore points and snapshots.</summary>
    public SnapshotCatalog Catalog { get; }

    /// <summary>Index segments that cannot be read; empty in a sound repository.</summary>
    public IReadOnlyList<RepositoryCorruptException> DamagedIndexSegments => _damagedSegments;

    /// <summary>Chunks the index knows.</summary>
    public long ChunkCount => Index.ChunkCount;

    /// <summary>Memory of the index in bytes, outside the collector's heap.</summary>
    public long IndexMemoryBytes => Index.MemoryBytes;

    /// <summary>Keys the content-defined cutter of agents.</summary>
    public ReadOnlySpan<byte> CutterKey => Keys.CutterKey;

    /// <summary>Bytes of the index in files, see <see cref="IndexPaging"/>.</summary>
    public long IndexPagedBytes => Index.PagedBytes;

    /// <summary>Index segments that were read.</summary>
    internal int SegmentCount => _segmentsSeen.Count;

    internal IObjectStore Store { get; }

    internal MasterKeys Keys { get; }

    internal ChunkIndex Index { get; }

    /// <summary>Proves the config, then reads all index segments.</summary>
    /// <exception cref="RepositoryCorruptException">The config is missing, damaged, forged, or of a newer version.</exception>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static async Task<OpenRepository> OpenAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        byte[] content = await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken);
        return await OpenAsync(store, keys, ConfigCodec.Decode(content, keys), presentPacksOnly: false, cancellationToken);
    }

    /// <summary>
    /// Opens for a writer: packs that are gone from the store or have another length than indexed count as unknown, so that
    /// their chunks are stored again instead of being referenced.
    /// </summary>
    internal static async Task<OpenRepository> OpenForWritingAsync(
        IObjectStore store, MasterKeys keys, IndexPaging? paging, CancellationToken cancellationToken)
    {
        byte[] content = await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken);
        return await OpenAsync(store, keys, ConfigCodec.Decode(content, keys), presentPacksOnly: true, cancellationToken, paging);
    }

    /// <summary>Opens without reading the config, which a check does by itself.</summary>
    internal static async Task<OpenRepository> OpenAsync(
        IObjectStore store, MasterKeys keys, RepositoryConfig config, bool presentPacksOnly, CancellationToken cancellationToken, IndexPaging? paging = null)
    {
        OpenRepository repository = new(store, keys, config, presentPacksOnly, paging);
        try
        {
            if (presentPacksOnly)
            {
                Checking.ReadCoverage coverage = await Checking.ReadCoverage.LoadAsync(store, keys, _ => { }, cancellationToken);
                foreach (ObjectId pack in coverage.DamagedPacks())
                {
                    repository.Index.Distrust(pack);
                }

                // Before the segments: a chunk that is in another pack too is then found there.
                await new KnownTombstones(TimeProvider.System).LoadAsync(store, keys, repository.Index, cancellationToken);
            }

            await repository.RefreshAsync(cancellationToken);
            return repository;
        }
        catch
        {
            repository.Dispose();
            throw;
        }
    }

    /// <summary>Reads index segments that came since, and tries damaged ones again.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            await ReadSegmentsAsync(again: false, null, cancellationToken);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>True when the chunk is durable and indexed.</summary>
    public bool Contains(ChunkId chunk) => Index.Contains(StoreChunkId.Of(chunk, Keys));

    /// <summary>Plaintext length in bytes of a chunk that is durable and indexed; null when there is none of that id.</summary>
    public int? LengthOf(ChunkId chunk) => Index.TryFind(StoreChunkId.Of(chunk, Keys), out ChunkLocation location) ? location.Length : null;

    public void Dispose()
    {
        Index.Dispose();
        _refreshing.Dispose();
    }

    internal ChunkLocation Locate(ChunkId chunk) => Index.TryFind(StoreChunkId.Of(chunk, Keys), out ChunkLocation location)
        ? location
        : throw Missing(chunk);

    internal RepositoryCorruptException Missing(ChunkId chunk)
    {
        string detail = DamagedIndexSegments.Count == 0
            ? "no index segment lists the chunk"
            : $"no readable index segment lists the chunk, and {DamagedIndexSegments.Count} are damaged: "
                + string.Join(", ", DamagedIndexSegments.Take(3).Select(d => d.ObjectName));
        return new RepositoryCorruptException(RepositoryDamage.Missing, ObjectNames.IndexPrefix, detail, chunk);
    }

    // A segment that is gone by the time it is read was replaced by one that has been there since before, so they are listed again.
    private async Task ReadSegmentsAsync(bool again, HashSet<ObjectId>? seen, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            List<RepositoryCorruptException> damaged = [];
            List<string> listed = [];
            await foreach (ObjectInfo segment in Store.ListAsync(ObjectNames.IndexPrefix, cancellationToken))
            {
                listed.Add(segment.Name);
            }

            _segmentsSeen.IntersectWith(listed);
            string[] wanted = [.. listed.Where(name => again || !_segmentsSeen.Contains(name))];

            // Packs are listed after the segments that name them: a pack is written before its segment.
            Dictionary<string, long>? packs = _presentPacksOnly && wanted.Length > 0 ? await ListPacksAsync(cancellationToken) : null;
            foreach (string segment in wanted)
            {
                await ReadSegmentAsync(segment, packs, damaged, seen, cancellationToken);
            }

            _damagedSegments = damaged;
            if (attempt == SegmentListingsMax || !damaged.Any(d => d.Damage == RepositoryDamage.Missing))
            {
                return;
            }
        }
    }

    private async Task<Dictionary<string, long>> ListPacksAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> packs = new(StringComparer.Ordinal);
        await foreach (ObjectInfo pack in Store.ListAsync(ObjectNames.PacksPrefix, cancellationToken))
        {
            packs.Add(pack.Name, pack.Length);
        }

        return packs;
    }

    private async Task ReadSegmentAsync(
        string name,
        Dictionary<string, long>? packs,
        List<RepositoryCorruptException> damaged,
        HashSet<ObjectId>? seen,
        CancellationToken cancellationToken)
    {
        try
        {
            bool isWhole = true;
            foreach (PackDirectory pack in await IndexSegments.ReadAsync(Store, Keys, name, cancellationToken))
            {
                seen?.Add(pack.Pack);
                if (packs is null || (packs.TryGetValue(pack.ObjectName, out long bytes) && bytes == pack.PackBytes))
                {
                    Index.Add(pack);
                }
                else
                {
                    isWhole = false;
                }
            }

            // A pack that is not listed may only not be listed yet: the segment is then looked at again next time.
            if (isWhole)
            {
                _segmentsSeen.Add(name);
            }
        }
        catch (RepositoryCorruptException e)
        {
            damaged.Add(e);
        }
    }
}
