namespace K8sBackup.Etcd.Bolt;

/// <summary>Writes one bucket's tree bottom-up while its entries arrive in key order. Memory: one leaf and two branches per level.</summary>
internal sealed class TreeWriter
{
    private readonly PageSink _sink;
    private readonly int _fillBytes;
    private readonly PageImage _leaf = new(leaf: true);
    private readonly List<BranchLevel> _levels = [];
    private byte[] _lastKey = [];
    private int _lastKeyBytes = -1;

    // The only page of the lowest level while there is no second one: it becomes the root without a branch above it.
    private (byte[] Key, ulong Page)? _onlyPage;

    public TreeWriter(PageSink sink)
    {
        _sink = sink;

        // 90 %: the server's next writes find some room, and a scan still reads few pages (etcd.md 5.3).
        _fillBytes = sink.PageSize * 9 / 10;
    }

    public long Entries { get; private set; }

    public void Add(uint flags, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length is 0 or > BoltFormat.KeyBytesMax)
        {
            throw new ArgumentException($"A bolt key has 1 to {BoltFormat.KeyBytesMax} bytes, not {key.Length}.", nameof(key));
        }

        if (value.Length > BoltFormat.LeafSpanBytesMax - BoltFormat.PageBytesMax)
        {
            throw new ArgumentException($"A value of {value.Length} bytes is above the limit of this writer.", nameof(value));
        }

        if (_lastKeyBytes >= 0 && _lastKey.AsSpan(0, _lastKeyBytes).SequenceCompareTo(key) >= 0)
        {
            throw new ArgumentException("Keys must come in strictly ascending order.", nameof(key));
        }

        if (_leaf.Count > 0 && _leaf.UsedBytes + BoltFormat.ElementBytes + key.Length + value.Length > _fillBytes)
        {
            FlushLeaf();
        }

        _leaf.AddLeaf(flags, key, value);
        Entries++;
        if (_lastKey.Length < key.Length)
        {
            _lastKey = new byte[key.Length];
        }

        key.CopyTo(_lastKey);
        _lastKeyBytes = key.Length;
    }

    /// <summary>Writes the rest and returns the root page.</summary>
    public ulong Finish()
    {
        if (Entries == 0)
        {
            return _leaf.WriteTo(_sink);
        }

        FlushLeaf();

        // Finishing a level may open the one above it, so the count is read again each time.
        for (var level = 0; level < _levels.Count; level++)
        {
            var current = level;
            _levels[level].Finish(_sink, _fillBytes, (key, page) => Promote(current + 1, key, page));
        }

        return _onlyPage!.Value.Page;
    }

    private void FlushLeaf()
    {
        var key = _leaf.FirstKey.ToArray();
        Promote(0, key, _leaf.WriteTo(_sink));
    }

    // A level exists only once two pages below it exist; until then its single page waits in _onlyPage.
    private void Promote(int level, byte[] key, ulong page)
    {
        if (level == _levels.Count)
        {
            if (_onlyPage is null)
            {
                _onlyPage = (key, page);
                return;
            }

            var first = _onlyPage.Value;
            _onlyPage = null;
            _levels.Add(new BranchLevel());
            AddToLevel(level, first.Key, first.Page);
        }

        AddToLevel(level, key, page);
    }

    private void AddToLevel(int level, byte[] key, ulong page)
    {
        if (_levels[level].Add(_sink, _fillBytes, key, page) is { } full)
        {
            Promote(level + 1, full.Key, full.Page);
        }
    }
}
