using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Browsing;

/// <summary>
/// What one pass over the history learns: the last change of each key, for as many keys from the start of a stretch as fit.
/// When it runs full, the upper half of the keys is dropped, and the window ends where it begins.
/// </summary>
internal sealed class KeyWindow
{
    private const int SlotsMin = 1 << 10;

    private readonly KeyRange _range;
    private readonly BrowseLimits _limits;
    private byte[] _keys = new byte[1 << 14];
    private Entry[] _entries = new Entry[SlotsMin / 2];

    // Position in the entries plus 1; 0 is free.
    private int[] _slots = new int[SlotsMin];
    private int _keyBytes;
    private int _count;

    public KeyWindow(KeyRange range, BrowseLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.KeysMax, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.KeyBytesMax, BrowseLimits.KeyBytesMin);
        _range = range;
        _limits = limits;
    }

    /// <summary>The first key that did not fit; null when all did.</summary>
    public byte[]? End { get; private set; }

    /// <summary>Notes a change of a key, later than all before. Keys outside the window are passed over.</summary>
    public void Set(ReadOnlySpan<byte> key, Revision revision, bool deleted)
    {
        if (!_range.Contains(key) || (End is not null && key.SequenceCompareTo(End) >= 0))
        {
            return;
        }

        var slot = Find(key);
        if (_slots[slot] != 0)
        {
            ref var known = ref _entries[_slots[slot] - 1];
            (known.Revision, known.Deleted) = (revision, deleted);
            return;
        }

        if (deleted)
        {
            return;
        }

        if (_count >= _limits.KeysMax || _keyBytes + key.Length > _limits.KeyBytesMax)
        {
            DropUpperHalf();
            Set(key, revision, deleted);
            return;
        }

        Append(key, revision, slot);
    }

    /// <summary>Revisions of the last changes of the keys alive, in the order of the keys.</summary>
    public Revision[] Sorted()
    {
        var alive = Alive();
        return Array.ConvertAll(alive, entry => entry.Revision);
    }

    private Entry[] Alive()
    {
        var alive = Array.FindAll(_entries[.._count], entry => !entry.Deleted);
        Array.Sort(alive, (left, right) => KeyOf(left).SequenceCompareTo(KeyOf(right)));
        return alive;
    }

    private void DropUpperHalf()
    {
        var alive = Alive();
        var (keys, kept) = (_keys, alive.Length / 2);
        if (kept > 0)
        {
            End = KeyOf(alive[kept]).ToArray();
        }

        (_count, _keyBytes) = (0, 0);
        (_keys, _entries, _slots) = (new byte[1 << 14], new Entry[SlotsMin / 2], new int[SlotsMin]);
        foreach (var entry in alive.AsSpan(0, Math.Max(kept, Math.Min(alive.Length, 1))))
        {
            var key = keys.AsSpan(entry.Offset, entry.KeyBytes);
            Append(key, entry.Revision, Find(key));
        }
    }

    private void Append(ReadOnlySpan<byte> key, Revision revision, int slot)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
            _slots = new int[_slots.Length * 2];
            for (var i = 0; i < _count; i++)
            {
                _slots[Find(KeyOf(_entries[i]))] = i + 1;
            }

            slot = Find(key);
        }

        if (_keys.Length - _keyBytes < key.Length)
        {
            Array.Resize(ref _keys, Math.Max(_keys.Length * 2, _keyBytes + key.Length));
        }

        key.CopyTo(_keys.AsSpan(_keyBytes));
        _entries[_count] = new Entry(revision, _keyBytes, key.Length, false);
        _slots[slot] = ++_count;
        _keyBytes += key.Length;
    }

    private ReadOnlySpan<byte> KeyOf(in Entry entry) => _keys.AsSpan(entry.Offset, entry.KeyBytes);

    private int Find(ReadOnlySpan<byte> key)
    {
        // Seeded by the process, so that no file can choose keys that collide.
        var hash = default(HashCode);
        hash.AddBytes(key);
        var mask = _slots.Length - 1;
        var slot = hash.ToHashCode() & mask;
        while (_slots[slot] != 0 && !KeyOf(_entries[_slots[slot] - 1]).SequenceEqual(key))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private record struct Entry(Revision Revision, int Offset, int KeyBytes, bool Deleted);
}
