using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// A repository with its keys and its index in memory. Thread-safe. Does not own the store or the keys. Damaged index segments do not
/// keep it from opening: they are listed in <see cref="DamagedIndexSegments"/>, and what only they list is missing until a rebuild.
/// </summary>
public sealed class OpenRepository : IDisposable
{
    private readonly SemaphoreSlim _refreshing = new(1);
    private readonly HashSet<string> _segmentsSeen = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<RepositoryCorruptException> _damagedSegments = [];

    private readonly bool _presentPacksOnly;

    private OpenRepository(IObjectStore store, MasterKeys keys, RepositoryConfig config, bool presentPacksOnly)
    {
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

    /// <summary>Index segments that were read.</summary>
    internal int SegmentCount => _segmentsSeen.Count;

    internal IObjectStore Store { get; }

    internal MasterKeys Keys { get; }

    internal ChunkIndex Index { get; } = new();

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
    internal static async Task<OpenRepository> OpenForWritingAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        byte[] content = await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken);
        return await OpenAsync(store, keys, ConfigCodec.Decode(content, keys), presentPacksOnly: true, cancellationToken);
    }

    /// <summary>Opens without reading the config, which a check does by itself.</summary>
    internal static async Task<OpenRepository> OpenAsync(
        IObjectStore store, MasterKeys keys, RepositoryConfig config, bool presentPacksOnly, CancellationToken cancellationToken)
    {
        OpenRepository repository = new(store, keys, config, presentPacksOnly);
        try
        {
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
            List<RepositoryCorruptException> damaged = [];
            List<string> unseen = [];
            await foreach (ObjectInfo segment in Store.ListAsync(ObjectNames.IndexPrefix, cancellationToken))
            {
                if (!_segmentsSeen.Contains(segment.Name))
                {
                    unseen.Add(segment.Name);
                }
            }

            // Packs are listed after the segments that name them: a pack is written before its segment.
            Dictionary<string, long>? packs = _presentPacksOnly && unseen.Count > 0 ? await ListPacksAsync(cancellationToken) : null;
            foreach (string segment in unseen)
            {
                await ReadSegmentAsync(segment, packs, damaged, cancellationToken);
            }

            _damagedSegments = damaged;
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
        string name, Dictionary<string, long>? packs, List<RepositoryCorruptException> damaged, CancellationToken cancellationToken)
    {
        try
        {
            foreach (PackDirectory pack in await IndexSegments.ReadAsync(Store, Keys, name, cancellationToken))
            {
                if (packs is null || (packs.TryGetValue(pack.ObjectName, out long bytes) && bytes == pack.PackBytes))
                {
                    Index.Add(pack);
                }
            }

            _segmentsSeen.Add(name);
        }
        catch (RepositoryCorruptException e)
        {
            damaged.Add(e);
        }
    }
}
