using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// Reads chunks one by one: trees, extent lists, single files. Keeps the frames used last, up to a number of bytes, because neighbours
/// in a frame are usually wanted next. Every chunk is hashed before it is given out. Thread-safe; what it returns stays valid.
/// </summary>
public sealed class ChunkReader : IChunkSource
{
    /// <summary>Bytes of decoded frames kept by default: a tree path and some neighbours.</summary>
    public const int CacheBytesDefault = 16 << 20;

    private readonly OpenRepository _repository;
    private readonly FrameReader _frames;
    private readonly RefreshOnMiss _refresh;
    private readonly int _cacheBytes;
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, LinkedListNode<(uint Frame, byte[] Plaintext)>> _cached = [];
    private readonly LinkedList<(uint Frame, byte[] Plaintext)> _byUse = [];
    private long _bytesCached;

    public ChunkReader(OpenRepository repository, int cacheBytes = CacheBytesDefault)
    {
        _repository = repository;
        _frames = new FrameReader(repository);
        _refresh = new RefreshOnMiss(repository);
        _cacheBytes = cacheBytes;
    }

    /// <summary>The whole plaintext of a chunk.</summary>
    /// <exception cref="RepositoryCorruptException">The chunk is missing or damaged; names the object and the chunk.</exception>
    /// <exception cref="ObjectStore.ObjectStoreException">The store cannot be read.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        ChunkLocation location = await LocateAsync(id, cancellationToken);
        try
        {
            return await ReadTwiceAsync(id, location, cancellationToken);
        }
        catch (RepositoryCorruptException e)
        {
            if (await _repository.RelocateAsync(id, location, e.Damage, cancellationToken) is { } moved)
            {
                return await ReadAtAsync(id, moved, cancellationToken);
            }

            if (e.Chunk is not null)
            {
                throw;
            }

            throw new RepositoryCorruptException(e.Damage, e.ObjectName, e.Detail, id, e);
        }
    }

    /// <summary>The chunk's slice of its frame, after checking that it is the chunk.</summary>
    internal static ReadOnlyMemory<byte> Verify(ChunkId id, ChunkLocation location, FrameLocation frame, byte[] plaintext)
    {
        if ((long)location.Offset + location.Length > plaintext.Length)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} ends before the chunk does", id);
        }

        ReadOnlyMemory<byte> chunk = plaintext.AsMemory(location.Offset, location.Length);
        return ChunkId.Of(chunk.Span) == id
            ? chunk
            : throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} holds other bytes where the chunk should be", id);
    }

    // What went wrong on the way and not in the store is right the second time.
    private async Task<ReadOnlyMemory<byte>> ReadTwiceAsync(ChunkId id, ChunkLocation location, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAtAsync(id, location, cancellationToken);
        }
        catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.Missing)
        {
            return await ReadAtAsync(id, location, cancellationToken);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAtAsync(ChunkId id, ChunkLocation location, CancellationToken cancellationToken)
    {
        FrameLocation frame = _repository.Index.Frame(location.Frame);
        byte[] plaintext = Find(location.Frame) ?? await ReadFrameAsync(location.Frame, frame, cancellationToken);
        return Verify(id, location, frame, plaintext);
    }

    private async ValueTask<ChunkLocation> LocateAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (!_repository.Contains(id))
        {
            await _refresh.TryAsync(cancellationToken);
        }

        return _repository.Locate(id);
    }

    private async Task<byte[]> ReadFrameAsync(uint number, FrameLocation frame, CancellationToken cancellationToken)
    {
        byte[] plaintext = await _frames.ReadAsync(frame, cancellationToken);
        lock (_gate)
        {
            if (plaintext.Length <= _cacheBytes && !_cached.ContainsKey(number))
            {
                _cached[number] = _byUse.AddFirst((number, plaintext));
                _bytesCached += plaintext.Length;
                while (_bytesCached > _cacheBytes && _byUse.Last is { } last)
                {
                    _bytesCached -= last.Value.Plaintext.Length;
                    _cached.Remove(last.Value.Frame);
                    _byUse.RemoveLast();
                }
            }
        }

        return plaintext;
    }

    private byte[]? Find(uint number)
    {
        lock (_gate)
        {
            if (!_cached.TryGetValue(number, out LinkedListNode<(uint Frame, byte[] Plaintext)>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Plaintext;
        }
    }
}
