using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Restoring;

/// <summary>
/// A stretch of a snapshot's contents whose chunks are read together, each once and in the order of the store: small files
/// share frames, and pages that changed cut an old chunk into many pieces. Closed when its chunks have
/// <see cref="BytesMax"/> or its pieces are many.
/// </summary>
internal sealed class ReadWindow
{
    private const int BytesMax = 4 << 20;
    private const int PiecesMax = 4096;

    // Chunks of this size are sealed alone (DESIGN, frames).
    private const int FrameOfItsOwnBytes = 128 << 10;

    private readonly List<WindowPiece> _pieces = [];
    private readonly Dictionary<ChunkId, PlannedChunk> _chunks = [];
    private readonly Func<ChunkId, int?> _lengthOf;
    private long _bytes;

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
    public void Begin(OpenRepository repository, CancellationToken cancellationToken) =>
        Reading = _chunks.Count == 0 ? Task.CompletedTask : Task.Run(() => ReadAsync(repository, cancellationToken), cancellationToken);

    /// <summary>The chunk of a piece, once <see cref="Reading"/> is complete.</summary>
    public PlannedChunk ChunkOf(WindowPiece piece) => _chunks[piece.Extent.Chunk];

    private async Task ReadAsync(OpenRepository repository, CancellationToken cancellationToken)
    {
        ChunkId[] wanted = [.. _chunks.Keys];
        await foreach (PlannedChunk chunk in ReadPlan.Create(repository, wanted).ReadAsync(cancellationToken))
        {
            // A small chunk would hold its whole frame in memory.
            bool shared = chunk.Plaintext.Length < FrameOfItsOwnBytes;
            _chunks[chunk.Id] = shared ? chunk with { Plaintext = chunk.Plaintext.ToArray() } : chunk;
        }
    }
}
