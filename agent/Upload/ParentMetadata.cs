using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// What a parent's file said about itself, as chunks again: digests as they were, extent lists rebuilt. Lives in memory
/// as long as the file is captured: 16 bytes a page and about 48 an extent.
/// </summary>
internal sealed class ParentMetadata : IChunkSink, IChunkSource
{
    private readonly Dictionary<ChunkId, ReadOnlyMemory<byte>> _chunks = [];

    private ParentMetadata()
    {
    }

    /// <summary>The file's content, and the source of the chunks it names.</summary>
    public static async Task<(FileContent Content, IChunkSource Source)> BuildAsync(ParentFile parent, CancellationToken cancellationToken)
    {
        ParentMetadata metadata = new();
        ExtentListWriter lists = new(metadata);
        foreach (Extent extent in parent.Extents)
        {
            await lists.AddAsync(extent, cancellationToken);
        }

        FileContent content = await lists.FinishAsync(cancellationToken);
        List<ChunkId> digests = [];
        foreach (byte[] chunk in parent.PageDigests)
        {
            digests.Add(await metadata.AddAsync(chunk, cancellationToken));
        }

        return (content with { PageBytes = parent.PageBytes, PageDigestChunks = digests }, metadata);
    }

    public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
    {
        ChunkId id = ChunkId.Of(plaintext.Span);
        _chunks[id] = plaintext.ToArray();
        return ValueTask.FromResult(id);
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken) =>
        _chunks.TryGetValue(id, out ReadOnlyMemory<byte> chunk)
            ? ValueTask.FromResult(chunk)
            : throw new CorruptTreeException(id, "the parent did not bring it");
}
