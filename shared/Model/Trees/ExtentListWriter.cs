namespace K8sBackup.Model.Trees;

/// <summary>
/// Builds the content of one file from its extents in order: few stay inline, more go to list chunks of 64 to 256 KiB,
/// which end where a chunk id says so, so that an edit changes only the lists it touches. Adjoining pieces of one chunk
/// become one extent. Memory: one list chunk.
/// </summary>
public sealed class ExtentListWriter
{
    private readonly IChunkSink _sink;
    private readonly List<Extent> _inline = new(FileContent.InlineExtentsMax);
    private readonly List<Ids.ChunkId> _lists = [];
    private readonly BlockEncoder _block = new();
    private Extent? _pending;
    private long _blockEnd;
    private int _blockCount;
    private bool _spilled;

    public ExtentListWriter(IChunkSink sink) => _sink = sink;

    /// <summary>Adds an extent that begins at or after the end of the one before.</summary>
    public async ValueTask AddAsync(Extent extent, CancellationToken cancellationToken)
    {
        if (_pending is { } last)
        {
            if (extent.FileOffset < last.FileOffset + last.Length)
            {
                throw new ArgumentException("Extents of a file ascend and do not overlap.", nameof(extent));
            }

            if (Adjoins(last, extent))
            {
                _pending = last with { Length = last.Length + extent.Length };
                return;
            }

            await FlushPendingAsync(cancellationToken).ConfigureAwait(false);
        }

        _pending = extent;
    }

    /// <summary>The content of the file. The writer is then empty, for the next file.</summary>
    public async ValueTask<FileContent> FinishAsync(CancellationToken cancellationToken)
    {
        await FlushPendingAsync(cancellationToken).ConfigureAwait(false);
        await FlushBlockAsync(cancellationToken).ConfigureAwait(false);
        FileContent content = _spilled
            ? new FileContent { ListChunks = [.. _lists] }
            : _inline.Count == 0 ? FileContent.Empty : new FileContent { Inline = [.. _inline] };
        _inline.Clear();
        _lists.Clear();
        _spilled = false;
        return content;
    }

    private static bool Adjoins(Extent left, Extent right) =>
        left.Chunk == right.Chunk
        && left.FileOffset + left.Length == right.FileOffset
        && left.ChunkOffset + left.Length == right.ChunkOffset;

    private async ValueTask FlushPendingAsync(CancellationToken cancellationToken)
    {
        if (_pending is not { } extent)
        {
            return;
        }

        _pending = null;
        if (!_spilled && _inline.Count < FileContent.InlineExtentsMax)
        {
            _inline.Add(extent);
            return;
        }

        if (!_spilled)
        {
            _spilled = true;
            foreach (Extent inline in _inline)
            {
                await AppendAsync(inline, cancellationToken).ConfigureAwait(false);
            }
        }

        await AppendAsync(extent, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask AppendAsync(Extent extent, CancellationToken cancellationToken)
    {
        ExtentCodec.Encode(_block, _blockEnd, extent);
        _blockEnd = extent.FileOffset + extent.Length;
        _blockCount++;
        bool cut = _block.Length >= TreeFormat.BlockBytesMin
            && ((uint)extent.Chunk.GetHashCode() & TreeFormat.CutMask) == 0;
        if (cut || _block.Length >= TreeFormat.BlockBytesMax - 64)
        {
            await FlushBlockAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FlushBlockAsync(CancellationToken cancellationToken)
    {
        if (_blockCount == 0)
        {
            return;
        }

        if (_lists.Count == TreeFormat.ListChunksMax)
        {
            throw new InvalidOperationException("The file has more extents than a tree entry can name.");
        }

        BlockEncoder chunk = new();
        chunk.Raw([TreeFormat.Magic, TreeFormat.ExtentMagic, TreeFormat.Version]);
        chunk.Unsigned((ulong)_blockCount);
        chunk.Raw(_block.Written.Span);
        _lists.Add(await _sink.AddAsync(chunk.Written, cancellationToken).ConfigureAwait(false));
        _block.Clear();
        // Every list counts its offsets from the start of the file, so that it can be read alone.
        _blockEnd = 0;
        _blockCount = 0;
    }
}
