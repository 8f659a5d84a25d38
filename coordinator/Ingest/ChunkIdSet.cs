using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// A set of chunk ids that is filled first and asked afterwards: a sorted array, 32 bytes an id and nothing else.
/// Not thread-safe while it is filled.
/// </summary>
internal sealed class ChunkIdSet
{
    private ChunkId[] _ids = [];
    private int _count;
    private bool _sorted = true;

    /// <summary>Ids in the set; exact once <see cref="Seal"/> was called.</summary>
    public int Count => _count;

    public void Add(ChunkId id)
    {
        if (_count == _ids.Length)
        {
            MakeRoom();
        }

        _ids[_count++] = id;
        _sorted = false;
    }

    /// <summary>Adds ids from their packed form, 32 bytes each.</summary>
    public void AddPacked(ReadOnlySpan<byte> packed)
    {
        for (int at = 0; at + ChunkId.Bytes <= packed.Length; at += ChunkId.Bytes)
        {
            Add(new ChunkId(packed.Slice(at, ChunkId.Bytes)));
        }
    }

    /// <summary>Sorts and drops duplicates. Needed before any question.</summary>
    public void Seal()
    {
        if (_sorted)
        {
            return;
        }

        Array.Sort(_ids, 0, _count);
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (kept == 0 || _ids[i] != _ids[kept - 1])
            {
                _ids[kept++] = _ids[i];
            }
        }

        _count = kept;
        _sorted = true;
    }

    /// <summary>The id's place in ascending order, negative when it is not in the set.</summary>
    public int IndexOf(ChunkId id)
    {
        Invariant.Check(_sorted);
        return Array.BinarySearch(_ids, 0, _count, id);
    }

    /// <summary>The id at a place in ascending order.</summary>
    public ChunkId this[int index]
    {
        get
        {
            Invariant.Check(_sorted && index < _count);
            return _ids[index];
        }
    }

    // Duplicates go first: what an agent sends twice must not cost memory twice.
    private void MakeRoom()
    {
        Seal();
        if (_count > _ids.Length / 4 * 3 || _ids.Length == 0)
        {
            Array.Resize(ref _ids, Math.Max(1024, checked(_ids.Length * 2)));
        }
    }
}
