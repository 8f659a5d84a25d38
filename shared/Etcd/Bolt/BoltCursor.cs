using System.Buffers.Binary;

namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// Walks one bucket in key order, without allocating per entry. Every page is checked before its first entry is shown:
/// bounds, ascending keys, and that all keys lie between the separators of the branches above.
/// Spans are valid until the next <see cref="MoveNext"/>. Not thread-safe; several cursors may share a file.
/// </summary>
public sealed class BoltCursor
{
    private readonly BoltFile _file;
    private readonly BoltBucket _bucket;
    private readonly PageVisits _visits;
    private readonly List<PageBuffer> _pages = [];
    private readonly int[] _index = new int[BoltFormat.DepthMax];

    // Depth of the ancestor whose next separator bounds this page from above, -1 for none.
    private readonly int[] _upper = new int[BoltFormat.DepthMax];
    private int _depth = -1;
    private bool _started;

    internal BoltCursor(BoltFile file, BoltBucket bucket, PageVisits visits)
    {
        _file = file;
        _bucket = bucket;
        _visits = visits;
    }

    /// <summary>Key of the current entry, 1 to 32768 bytes.</summary>
    public ReadOnlySpan<byte> Key => _pages[_depth].Key(_index[_depth]);

    /// <summary>Value of the current entry; for a nested bucket its header and, when inline, its page.</summary>
    public ReadOnlySpan<byte> Value => _pages[_depth].Value(_index[_depth]);

    /// <summary>True when the current entry is a nested bucket.</summary>
    public bool IsBucket => _pages[_depth].IsBucket(_index[_depth]);

    /// <summary>Page of the current entry, for error messages.</summary>
    public ulong PageId => _pages[_depth].PageId;

    /// <summary>Goes to the next entry; false at the end.</summary>
    /// <exception cref="CorruptDatabaseException">The next page breaks a rule of the format.</exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            PushRoot();
        }

        while (_depth >= 0)
        {
            var page = _pages[_depth];
            _index[_depth]++;
            if (_index[_depth] >= page.Count)
            {
                _depth--;
            }
            else if (page.IsLeaf)
            {
                return true;
            }
            else
            {
                PushChild(page.Child(_index[_depth]));
            }
        }

        return false;
    }

    /// <summary>Reads the current entry as a nested bucket.</summary>
    public BoltBucket ReadBucket()
    {
        var value = Value;
        if (!IsBucket || value.Length < BoltFormat.BucketHeaderBytes)
        {
            throw new CorruptDatabaseException(PageId, "entry is not a bucket header");
        }

        var root = BinaryPrimitives.ReadUInt64LittleEndian(value);
        return new BoltBucket(
            Key.ToArray(),
            root,
            BinaryPrimitives.ReadUInt64LittleEndian(value[8..]),
            root == 0 ? value[BoltFormat.BucketHeaderBytes..].ToArray() : ReadOnlyMemory<byte>.Empty,
            PageId);
    }

    private void PushRoot()
    {
        var page = NextPage();
        if (_bucket.IsInline)
        {
            page.LoadInline(_bucket.InlinePage.Span, _bucket.HomePage);
        }
        else
        {
            page.Load(_file, _bucket.RootPage, _visits);
        }

        Enter(-1);
    }

    private void PushChild(ulong child)
    {
        if (_depth + 1 >= BoltFormat.DepthMax)
        {
            throw new CorruptDatabaseException(child, $"tree deeper than {BoltFormat.DepthMax}");
        }

        var parent = _pages[_depth];
        var position = _index[_depth];
        var upper = position + 1 < parent.Count ? _depth : _upper[_depth];
        var page = NextPage();
        page.Load(_file, child, _visits);
        if (page.Count > 0)
        {
            if (page.Key(0).SequenceCompareTo(parent.Key(position)) < 0)
            {
                throw new CorruptDatabaseException(child, "first key is below the separator in its branch");
            }

            if (upper >= 0 && page.Key(page.Count - 1).SequenceCompareTo(_pages[upper].Key(_index[upper] + 1)) >= 0)
            {
                throw new CorruptDatabaseException(child, "last key is not below the next separator");
            }
        }

        Enter(upper);
    }

    private PageBuffer NextPage()
    {
        if (_pages.Count == _depth + 1)
        {
            _pages.Add(new PageBuffer());
        }

        return _pages[_depth + 1];
    }

    private void Enter(int upper)
    {
        _depth++;
        _index[_depth] = -1;
        _upper[_depth] = upper;
    }
}
