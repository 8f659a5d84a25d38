using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Pages;

/// <summary>Cuts pieces, in file order, out of the extents of an earlier snapshot's file.</summary>
internal sealed class ParentExtents : IAsyncDisposable
{
    private readonly IAsyncEnumerator<Extent> _extents;
    private readonly Func<ChunkId, bool> _mayReference;
    private Extent _current;
    private bool _ended;

    public ParentExtents(PageParent parent, CancellationToken cancellationToken)
    {
        _extents = new FileContentReader(parent.Metadata)
            .ExtentsAsync(parent.Content, parent.Size, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        _mayReference = parent.MayReference;
    }

    /// <summary>
    /// Puts what covers the range into <paramref name="pieces"/>; false, and no pieces, when something in it is not
    /// covered or may not be referenced. Ranges ascend from call to call.
    /// </summary>
    public async ValueTask<bool> TakeAsync(long start, int length, List<Extent> pieces)
    {
        pieces.Clear();
        long end = start + length;
        while (start < end)
        {
            if (!await ReachAsync(start).ConfigureAwait(false) || _current.FileOffset > start || !_mayReference(_current.Chunk))
            {
                pieces.Clear();
                return false;
            }

            int skip = (int)(start - _current.FileOffset);
            int take = (int)Math.Min(end - start, _current.Length - skip);
            pieces.Add(new Extent(start, _current.Chunk, _current.ChunkOffset + skip, take));
            start += take;
        }

        return true;
    }

    public ValueTask DisposeAsync() => _extents.DisposeAsync();

    // Moves to the first extent that ends after the place.
    private async ValueTask<bool> ReachAsync(long place)
    {
        while (!_ended && _current.FileOffset + _current.Length <= place)
        {
            _ended = !await _extents.MoveNextAsync().ConfigureAwait(false);
            _current = _ended ? default : _extents.Current;
        }

        return !_ended;
    }
}
