using System.Buffers;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Restoring;

/// <summary>
/// A stretch of a snapshot's contents whose chunks are read together, each once and in the order of the store: small files
/// share frames, and pages that changed cut an old chunk into many pieces. Closed when its chunks have
/// <see cref="BytesMax"/> or its pieces are many. The chunks lie in one pooled array, which <see cref="Dispose"/> gives back.
/// </summary>
internal sealed class ReadWindow : IDisposable
{
    // With the longest chunk that agents cut on top this is 4 MiB, a size that pooled arrays have: a little more would take twice the memory.
    private const int BytesMax = 3 << 20;
    private const int PiecesMax = 4096;

    private readonly List<WindowPiece> _pieces = [];
    private readonly Dictionary<ChunkId, PlannedChunk> _chunks = [];
    private readonly Func<ChunkId, int?> _lengthOf;
    private byte[] _memory = [];
    private long _bytes;
    private long _used;

    public ReadWindow(Func<ChunkId, int?> lengthOf) => _lengthOf = lengthOf;

    public bool IsFull => _bytes >= BytesMax || _pieces.Count >= PiecesMax;

    public IReadOnlyList<WindowPiece> Pieces => _pieces;

    /// <summary>Completes when the chunks are there; faults when the store cannot be read.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    public void Add(TreeEntry entry) => _pieces.Add(new WindowPiece(entry, default, null));

    public void Add(ContentLoss loss) => _pieces.Add(new WindowPiece(null, default, loss));

    public void Add(Extent extent)
    {
        _pieces.Add(new WindowPiece(null, extent, null));
        if (_chunks.TryAdd(extent.Chunk, default))
        {
            _bytes += _lengthOf(extent.Chunk) ?? 0;
        }
    }

    /// <summary>Begins to read what the pieces need. Nothing may be added afterwards.</summary>
    public void Begin(OpenRepository repository, bool asStored, CancellationToken cancellationToken)
    {
        if (_chunks.Count > 0)
        {
            _memory = ArrayPool<byte>.Shared.Rent(checked((int)_bytes));
            Reading = Task.Run(() => ReadAsync(repository, asStored, cancellationToken), cancellationToken);
        }
    }

    /// <summary>The chunk of a piece, once <see cref="Reading"/> is complete.</summary>
    public PlannedChunk ChunkOf(WindowPiece piece) => _chunks[piece.Extent.Chunk];

    /// <summary>Gives the memory of the chunks back, unless somebody may still be reading into it.</summary>
    public void Dispose()
    {
        if (Reading.IsCompletedSuccessfully && _memory.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _memory, []));
        }
    }

    private async Task ReadAsync(OpenRepository repository, bool asStored, CancellationToken cancellationToken)
    {
        ChunkId[] wanted = [.. _chunks.Keys];
        ReadForm form = new() { AsStored = asStored, Memory = Take };
        await foreach (PlannedChunk chunk in ReadPlan.Create(repository, wanted, form).ReadAsync(cancellationToken))
        {
            _chunks[chunk.Id] = chunk;
        }
    }

    // What is read twice, because it was not right the first time, may not find room.
    private Memory<byte> Take(int bytes)
    {
        long end = Interlocked.Add(ref _used, bytes);
        return end <= _memory.Length ? _memory.AsMemory((int)end - bytes, bytes) : GC.AllocateUninitializedArray<byte>(bytes);
    }
}
