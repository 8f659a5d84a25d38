using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Tests.Pages;

internal sealed class MemoryChunks : IChunkSink, IChunkSource
{
    private readonly byte[] _reused = new byte[1 << 20];

    public Dictionary<ChunkId, byte[]> Chunks { get; } = [];

    /// <summary>Bytes taken since the last time this was set.</summary>
    public long Added { get; set; }

    public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        Assert.InRange(plaintext.Length, 1, 1 << 20);
        ChunkId id = ChunkId.Of(plaintext.Span);
        Added += Chunks.TryAdd(id, plaintext.ToArray()) ? plaintext.Length : 0;
        return ValueTask.FromResult(id);
    }

    // One buffer for all answers, as the contract allows: who keeps an answer over the next call sees it change.
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        byte[] chunk = Chunks[id];
        chunk.CopyTo(_reused, 0);
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(_reused.AsMemory(0, chunk.Length));
    }
}
