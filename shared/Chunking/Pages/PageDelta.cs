using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>
/// Turns a page-structured file into content, page by page against its earlier snapshot: a page with the same digest
/// keeps the earlier extents, a page of zeros becomes a hole, every other page goes to a fresh chunk of up to 1 MiB
/// together with other changed pages. A page whose earlier extents are incomplete counts as changed, so that a
/// damaged parent costs space, never data. Memory: about 3 MiB, whatever the size of the file. One file, one thread;
/// after an exception of a sink or source it is unusable.
/// </summary>
public sealed class PageDelta : IAsyncDisposable
{
    private readonly int _pageBytes;
    private readonly IChunkSink _metadata;
    private readonly ExtentListWriter _extents;
    private readonly FreshPages _fresh;
    private readonly PageDigestReader? _parentDigests;
    private readonly ParentExtents? _parentExtents;
    private readonly List<Extent> _pieces = [];
    private readonly List<ChunkId> _digestChunks = [];
    private readonly PageDigestSegment _parent = new();
    private readonly PageDigestSegment _current = new();
    private long _size;
    private long _pages;
    private long _freshPages;
    private long _zeroPages;
    private bool _ended;

    /// <param name="pageBytes">From <see cref="PageFormat.Detect"/>.</param>
    /// <param name="parent">The file in an earlier snapshot, null when there is none.</param>
    /// <param name="data">Takes the fresh chunks.</param>
    /// <param name="metadata">Takes extent lists and page digests.</param>
    /// <param name="cancellationToken">Ends the reading of the parent.</param>
    public PageDelta(int pageBytes, PageParent? parent, IChunkSink data, IChunkSink metadata, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageBytes, 512);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageBytes, PageFormat.PageBytesMax);
        _pageBytes = pageBytes;
        _metadata = metadata;
        _extents = new ExtentListWriter(metadata);
        _fresh = new FreshPages(data, _extents);
        if (parent is not null && parent.Content.PageBytes == pageBytes)
        {
            _parentDigests = new PageDigestReader(parent.Metadata, parent.Content.PageDigestChunks);
            _parentExtents = new ParentExtents(parent, cancellationToken);
        }
    }

    /// <summary>Takes the next bytes of the file: whole pages, except at its end. The memory is not kept.</summary>
    /// <exception cref="ArgumentException">Bytes follow a page that was not whole.</exception>
    /// <exception cref="CorruptTreeException">The parent's digests or extents are damaged; begin again without it.</exception>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        Invariant.Check(!_ended);
        if (bytes.Length > 0 && _size % _pageBytes != 0)
        {
            throw new ArgumentException("Only the last page of a file may be short.", nameof(bytes));
        }

        while (bytes.Length > 0)
        {
            int length = Math.Min(_pageBytes, bytes.Length);
            await AddPageAsync(bytes[..length], cancellationToken).ConfigureAwait(false);
            bytes = bytes[length..];
        }
    }

    /// <summary>Writes what is left.</summary>
    public async ValueTask<PageDeltaResult> FinishAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(!_ended);
        _ended = true;
        await EndSegmentAsync(cancellationToken).ConfigureAwait(false);
        await _fresh.FlushAsync(cancellationToken).ConfigureAwait(false);
        FileContent content = await _extents.FinishAsync(cancellationToken).ConfigureAwait(false);
        content = content with { PageBytes = _pageBytes, PageDigestChunks = [.. _digestChunks] };
        return new PageDeltaResult(content, _size, _pages, _freshPages, _zeroPages);
    }

    public ValueTask DisposeAsync() => _parentExtents?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask AddPageAsync(ReadOnlyMemory<byte> page, CancellationToken cancellationToken)
    {
        if (_current.Pages == PageDigestSegment.PagesMax)
        {
            await EndSegmentAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_current.Pages == 0 && _parentDigests is not null)
        {
            await _parentDigests.ReadAsync(_parent, cancellationToken).ConfigureAwait(false);
        }

        int place = _current.Pages++;
        UInt128 digest = PageDigest.Of(page.Span);
        _current.Digests[place] = digest;
        if (digest == UInt128.Zero)
        {
            _zeroPages++;
        }
        else if (place < _parent.Pages
            && _parent.Digests[place] == digest
            && await _parentExtents!.TakeAsync(_size, page.Length, _pieces).ConfigureAwait(false))
        {
            foreach (Extent piece in _pieces)
            {
                await _fresh.AddKnownAsync(piece, cancellationToken).ConfigureAwait(false);
            }
        }
        else
        {
            await _fresh.AddFreshAsync(_size, page, cancellationToken).ConfigureAwait(false);
            _freshPages++;
        }

        _size += page.Length;
        _pages++;
    }

    private async ValueTask EndSegmentAsync(CancellationToken cancellationToken)
    {
        if (_current.Pages == 0)
        {
            return;
        }

        int changed = CountChanged();
        // A quarter: from there on patches would cost more to read than a new base costs to store.
        bool patch = _parent.Pages > 0
            && _parent.Pages <= _current.Pages
            && _parent.Chunks.Count <= PageDigestSegment.PatchesMax
            && _parent.Patched + changed <= _current.Pages / 4;
        if (!patch)
        {
            byte[] all = PageDigestCodec.EncodeBase(_current);
            _digestChunks.Add(await _metadata.AddAsync(all, cancellationToken).ConfigureAwait(false));
        }
        else
        {
            _digestChunks.AddRange(_parent.Chunks);
            if (changed > 0 || _parent.Pages != _current.Pages)
            {
                byte[] some = PageDigestCodec.EncodePatch(_parent, _current, changed);
                _digestChunks.Add(await _metadata.AddAsync(some, cancellationToken).ConfigureAwait(false));
            }
        }

        _parent.Clear();
        _current.Clear();
    }

    private int CountChanged()
    {
        int changed = 0;
        for (int page = 0; page < _current.Pages; page++)
        {
            changed += _current.Digests[page] == _parent.Digests[page] ? 0 : 1;
        }

        return changed;
    }
}
