using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Browsing;

/// <summary>
/// Finds single entries of a bucket by descending its tree. Keeps the pages of the last descent: neighbours cost one page.
/// Spans are valid until the next call.
/// </summary>
internal sealed class RevisionLookup
{
    private readonly BoltFile _file;
    private readonly BoltBucket _bucket;
    private readonly List<PageBuffer> _pages = [];

    // What each buffer holds; 0, which is never a tree's page, for nothing or a page that turned out damaged.
    private readonly List<ulong> _held = [];

    public RevisionLookup(BoltFile file, BoltBucket bucket)
    {
        _file = file;
        _bucket = bucket;
    }

    /// <summary>The value under a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="pageId">The page it is on, or should be.</param>
    /// <returns>False when there is none.</returns>
    /// <exception cref="CorruptDatabaseException">A page on the way breaks a rule of the format.</exception>
    public bool TryFind(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value, out ulong pageId)
    {
        var page = Root();
        for (var depth = 0; !page.IsLeaf; depth++)
        {
            page = Load(depth + 1, page.Child(Math.Max(LastNotAbove(page, key), 0)));
        }

        pageId = page.PageId;
        var index = LastNotAbove(page, key);
        var found = index >= 0 && page.Key(index).SequenceEqual(key);
        value = found ? page.Value(index) : default;
        return found;
    }

    /// <summary>The last key of the bucket; empty when it has none.</summary>
    /// <exception cref="CorruptDatabaseException">A page on the way breaks a rule of the format.</exception>
    public ReadOnlySpan<byte> LastKey()
    {
        var page = Root();
        for (var depth = 0; !page.IsLeaf; depth++)
        {
            page = Load(depth + 1, page.Child(page.Count - 1));
        }

        return page.Count > 0 ? page.Key(page.Count - 1) : default;
    }

    private static int LastNotAbove(PageBuffer page, ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, page.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (page.Key(middle).SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    private PageBuffer Root()
    {
        if (!_bucket.IsInline)
        {
            return Load(0, _bucket.RootPage);
        }

        if (_pages.Count == 0)
        {
            var page = new PageBuffer();
            page.LoadInline(_bucket.InlinePage.Span, _bucket.HomePage);
            _pages.Add(page);
        }

        return _pages[0];
    }

    private PageBuffer Load(int depth, ulong pageId)
    {
        // Also what ends a descent in a circle of pages.
        if (depth >= BoltFormat.DepthMax)
        {
            throw new CorruptDatabaseException(pageId, $"tree deeper than {BoltFormat.DepthMax}");
        }

        if (_pages.Count == depth)
        {
            _pages.Add(new PageBuffer());
            _held.Add(0);
        }

        if (_held[depth] != pageId)
        {
            _held[depth] = 0;
            _pages[depth].Load(_file, pageId, visits: null);
            _held[depth] = pageId;
        }

        return _pages[depth];
    }
}
