using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

internal sealed class MemoryChunks : IChunkSink, IChunkSource
{
    public Dictionary<ChunkId, byte[]> Chunks { get; } = [];

    public int Reads { get; private set; }

    public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        Assert.InRange(plaintext.Length, 1, 1024 * 1024);
        ChunkId id = ChunkId.Of(plaintext.Span);
        Chunks[id] = plaintext.ToArray();
        return ValueTask.FromResult(id);
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        Reads++;
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(Chunks[id]);
    }
}
