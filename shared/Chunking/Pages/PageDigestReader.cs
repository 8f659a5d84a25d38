using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>Reads the digests of an earlier snapshot's file, segment by segment. Memory: two chunks besides the segment.</summary>
internal sealed class PageDigestReader
{
    private readonly IChunkSource _source;
    private readonly IReadOnlyList<ChunkId> _chunks;
    private int _next;
    private byte[]? _ahead;

    public PageDigestReader(IChunkSource source, IReadOnlyList<ChunkId> chunks)
    {
        _source = source;
        _chunks = chunks;
    }

    /// <summary>Fills the segment with the next digests; leaves it empty when there are no more.</summary>
    /// <exception cref="CorruptTreeException">A chunk does not keep to the format or its place.</exception>
    public async ValueTask ReadAsync(PageDigestSegment segment, CancellationToken cancellationToken)
    {
        segment.Clear();
        for (; _next < _chunks.Count; _next++)
        {
            ChunkId id = _chunks[_next];
            _ahead ??= (await _source.ReadAsync(id, cancellationToken).ConfigureAwait(false)).ToArray();
            bool isBase = PageDigestCodec.IsBase(_ahead, id);
            if (isBase && segment.Chunks.Count > 0)
            {
                // The next segment's base: kept for the next call. Only the last segment may be short.
                return;
            }

            if (!isBase && segment.Chunks.Count == 0)
            {
                throw new CorruptTreeException(id, "it is a patch without page digests before it");
            }

            PageDigestCodec.Apply(_ahead, id, segment);
            _ahead = null;
        }
    }
}
