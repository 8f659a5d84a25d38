using System.Runtime.InteropServices;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>What a prune does with the index: marking chunks, condemning and dropping packs.</summary>
internal sealed partial class ChunkIndex
{
    // Also of packs that no segment lists (yet).
    private readonly Dictionary<ObjectId, long> _condemnedAt = [];

    /// <summary>True when a writer may refer to the chunk: it is in a pack that is not condemned, or was condemned after <paramref name="since"/>.</summary>
    public bool MayRefer(StoreChunkId id, long since = long.MaxValue)
    {
        lock (_gate)
        {
            if (!_chunks.TryFind(id, out ChunkLocation location))
            {
                return false;
            }

            PackState state = _impaired == 0 ? default : StateLocked(location);
            return !state.Dropped && !state.Distrusted && (state.CondemnedAt == 0 || state.CondemnedAt > since);
        }
    }

    /// <summary>Hides packs from writers. One that is condemned already keeps its time.</summary>
    public void Condemn(IEnumerable<ObjectId> packs, long at)
    {
        lock (_gate)
        {
            foreach (ObjectId pack in packs)
            {
                if (_condemnedAt.TryAdd(pack, at) && _numbers.TryGetValue(pack, out uint number))
                {
                    Change(number, (ref PackState state) => state.CondemnedAt = at);
                }
            }

            CountImpairedLocked();
        }
    }

    /// <summary>Takes <see cref="Condemn"/> back.</summary>
    public void Pardon(IEnumerable<ObjectId> packs)
    {
        lock (_gate)
        {
            foreach (ObjectId pack in packs)
            {
                if (_condemnedAt.Remove(pack) && _numbers.TryGetValue(pack, out uint number))
                {
                    Change(number, (ref PackState state) => state.CondemnedAt = 0);
                }
            }

            CountImpairedLocked();
        }
    }

    public IReadOnlyList<ObjectId> CondemnedPacks()
    {
        lock (_gate)
        {
            return [.. _condemnedAt.Keys];
        }
    }

    /// <summary>Forgets packs that are gone, and the chunks that are found nowhere else.</summary>
    public void Drop(IReadOnlyCollection<ObjectId> packs)
    {
        lock (_gate)
        {
            foreach (ObjectId pack in packs)
            {
                _condemnedAt.Remove(pack);
                if (_numbers.TryGetValue(pack, out uint number))
                {
                    Change(number, (ref PackState state) => state = new PackState { Dropped = true, Distrusted = state.Distrusted });
                }
            }

            CountImpairedLocked();
        }
    }

    /// <summary>Takes the chunks of dropped packs out of the table: one pass over it.</summary>
    public void Sweep()
    {
        lock (_gate)
        {
            _chunks.RemoveWhere(frame => _states[(int)_frames[frame].Pack].Dropped);
        }
    }

    /// <summary>Clears all marks; chunks that are added from now on are live.</summary>
    public void BeginMark()
    {
        lock (_gate)
        {
            _chunks.ClearMarks();
            _chunks.MarksOfNew = ChunkMarks.Live;
        }
    }

    public void EndMark()
    {
        lock (_gate)
        {
            _chunks.MarksOfNew = ChunkMarks.None;
        }
    }

    /// <summary>Marks a chunk; gives its place, its pack's number, and its marks before. False when the index has no such chunk.</summary>
    public bool TryMark(StoreChunkId id, ChunkMarks marks, out ChunkLocation location, out uint pack, out ChunkMarks before)
    {
        lock (_gate)
        {
            bool found = _chunks.TryMark(id, marks, out location, out before);
            pack = found ? _frames[location.Frame].Pack : 0;
            return found && !_states[(int)pack].Dropped;
        }
    }

    /// <summary>True when the chunk is live and its place is that frame, and not a copy elsewhere.</summary>
    public bool IsLiveIn(StoreChunkId id, uint frame)
    {
        lock (_gate)
        {
            return _chunks.TryMark(id, ChunkMarks.None, out ChunkLocation location, out ChunkMarks marks)
                && location.Frame == frame
                && (marks & ChunkMarks.Live) != 0;
        }
    }

    /// <summary>What marking found, for each pack that is not dropped: one pass over the table, and 16 bytes a pack.</summary>
    public IReadOnlyList<PackLiveness> Survey()
    {
        lock (_gate)
        {
            long[] live = new long[_packs.Count];
            _chunks.Visit((location, marks) =>
                live[_frames[location.Frame].Pack] += (marks & ChunkMarks.Live) != 0 ? location.Length : 0);
            List<PackLiveness> packs = [];
            foreach (IndexedPack pack in _packs)
            {
                PackState state = _states[(int)pack.Number];
                if (!state.Dropped)
                {
                    packs.Add(new PackLiveness(pack, live[pack.Number], PlainBytesLocked(pack), state.CondemnedAt != 0));
                }
            }

            return packs;
        }
    }

    private long PlainBytesLocked(IndexedPack pack)
    {
        long bytes = 0;
        for (uint i = 0; i < pack.Frames; i++)
        {
            bytes += _frames[pack.FirstFrame + i].PlainAndEncoding >> 2;
        }

        return bytes;
    }

    private void Change(uint number, StateChange change) => change(ref CollectionsMarshal.AsSpan(_states)[(int)number]);

    private void CountImpairedLocked()
    {
        int impaired = 0;
        foreach (ref readonly PackState state in CollectionsMarshal.AsSpan(_states))
        {
            impaired += state is { Dropped: false, Distrusted: false, CondemnedAt: 0 } ? 0 : 1;
        }

        _impaired = impaired;
    }

    private delegate void StateChange(ref PackState state);
}
