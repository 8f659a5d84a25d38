using K8sBackup.Chunking.ContentDefined;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>
/// Gathers changed pages, however far apart, into chunks of up to 1 MiB, and keeps the extents that lie between them
/// waiting until the chunk's id is known.
/// </summary>
internal sealed class FreshPages
{
    // 384 KiB of waiting extents; a chunk that is ended early by them is merely smaller.
    private const int WaitingMax = 8192;

    private readonly IChunkSink _data;
    private readonly ExtentListWriter _extents;
    private readonly byte[] _chunk = new byte[CutterSizes.ChunkBytesMax];
    private readonly List<(Extent Extent, bool IsFresh)> _waiting = [];
    private int _length;

    public FreshPages(IChunkSink data, ExtentListWriter extents)
    {
        _data = data;
        _extents = extents;
    }

    public async ValueTask AddFreshAsync(long fileOffset, ReadOnlyMemory<byte> page, CancellationToken cancellationToken)
    {
        // Ending well-filled chunks at multiples of their size makes the chunks of two full copies the same.
        bool aligned = fileOffset % _chunk.Length == 0 && _length >= _chunk.Length / 2;
        if (aligned || _length + page.Length > _chunk.Length)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        page.CopyTo(_chunk.AsMemory(_length));
        await WaitAsync(new Extent(fileOffset, default, _length, page.Length), true, cancellationToken).ConfigureAwait(false);
        _length += page.Length;
    }

    public ValueTask AddKnownAsync(Extent extent, CancellationToken cancellationToken) =>
        _length == 0
            ? _extents.AddAsync(extent, cancellationToken)
            : WaitAsync(extent, false, cancellationToken);

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_length == 0)
        {
            return;
        }

        ChunkId id = await _data.AddAsync(_chunk.AsMemory(0, _length), cancellationToken).ConfigureAwait(false);
        foreach ((Extent extent, bool isFresh) in _waiting)
        {
            await _extents.AddAsync(isFresh ? extent with { Chunk = id } : extent, cancellationToken).ConfigureAwait(false);
        }

        _waiting.Clear();
        _length = 0;
    }

    private async ValueTask WaitAsync(Extent extent, bool isFresh, CancellationToken cancellationToken)
    {
        (Extent last, bool lastIsFresh) = _waiting.Count > 0 ? _waiting[^1] : default;
        bool continues = last.Length > 0 && lastIsFresh == isFresh && last.Chunk == extent.Chunk
            && last.FileOffset + last.Length == extent.FileOffset && last.ChunkOffset + last.Length == extent.ChunkOffset;
        if (continues)
        {
            _waiting[^1] = (last with { Length = last.Length + extent.Length }, isFresh);
            return;
        }

        if (_waiting.Count == WaitingMax && !isFresh)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            await _extents.AddAsync(extent, cancellationToken).ConfigureAwait(false);
            return;
        }

        _waiting.Add((extent, isFresh));
    }
}
