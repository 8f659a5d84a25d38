using System.Runtime.InteropServices;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>
/// An open-addressing table from store ids to places: one part of a <see cref="ChunkTable"/>. An entry has 28 bytes, and the table is
/// between 64 % and 80 % full once it has grown. Not thread-safe.
/// </summary>
internal sealed class ChunkTablePart : IDisposable
{
    private const long FirstCapacity = 16;

    private readonly IndexMemory _memory;
    private NativeBuffer<Entry> _entries;

    public ChunkTablePart(IndexMemory memory)
    {
        _memory = memory;
        _entries = memory.Allocate<Entry>(FirstCapacity);
    }

    public long Count { get; private set; }

    public long MemoryBytes => _entries.Bytes;

    /// <summary>Marks that entries get when they are added or change their place.</summary>
    public ChunkMarks MarksOfNew { get; set; }

    public bool TryFind(StoreChunkId id, out ChunkLocation location)
    {
        ref Entry entry = ref Slot(_entries, id.High);
        location = entry.Location;
        return entry.FramePlusOne != 0;
    }

    /// <summary>Adds a chunk; false when it is there already, which changes nothing.</summary>
    public bool TryAdd(StoreChunkId id, ChunkLocation location)
    {
        if (Count >= _entries.Length * 4 / 5)
        {
            Grow();
        }

        ref Entry entry = ref Slot(_entries, id.High);
        if (entry.FramePlusOne != 0)
        {
            return false;
        }

        entry = new Entry { High = (ulong)(id.High >> 64), Low = (ulong)id.High };
        entry.Set(location, MarksOfNew);
        Count++;
        return true;
    }

    /// <summary>Gives a chunk that is there another place; it keeps its marks.</summary>
    public void Move(StoreChunkId id, ChunkLocation location)
    {
        ref Entry entry = ref Slot(_entries, id.High);
        entry.Set(location, entry.Marks | MarksOfNew);
    }

    /// <summary>Sets marks; gives the chunk's place and the marks it had before. False when there is no such chunk.</summary>
    public bool TryMark(StoreChunkId id, ChunkMarks marks, out ChunkLocation location, out ChunkMarks before)
    {
        ref Entry entry = ref Slot(_entries, id.High);
        location = entry.Location;
        before = entry.Marks;
        if (entry.FramePlusOne == 0)
        {
            return false;
        }

        entry.Set(location, before | marks);
        return true;
    }

    public void ClearMarks()
    {
        for (long i = 0; i < _entries.Length; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.FramePlusOne != 0)
            {
                entry.Set(entry.Location, ChunkMarks.None);
            }
        }
    }

    public void Visit(Action<ChunkLocation, ChunkMarks> visit)
    {
        for (long i = 0; i < _entries.Length; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.FramePlusOne != 0)
            {
                visit(entry.Location, entry.Marks);
            }
        }
    }

    /// <summary>Removes the chunks in frames that are gone.</summary>
    public void RemoveWhere(Func<uint, bool> frameIsGone)
    {
        for (long i = 0; i < _entries.Length; i++)
        {
            // What moves into the slot is looked at too.
            while (_entries[i].FramePlusOne != 0 && frameIsGone(_entries[i].FramePlusOne - 1))
            {
                RemoveAt(i);
            }
        }
    }

    public void Dispose() => _memory.Free(_entries);

    // The ids are keyed digests, so their bits are as good as any hash of them. The first bits chose the part.
    private static long Home(NativeBuffer<Entry> entries, ulong high) =>
        (long)Math.BigMul(high << ChunkTable.PartBits, (ulong)entries.Length, out _);

    private static ref Entry Slot(NativeBuffer<Entry> entries, UInt128 id)
    {
        ulong high = (ulong)(id >> 64);
        ulong low = (ulong)id;
        long slot = Home(entries, high);
        while (true)
        {
            ref Entry entry = ref entries[slot];
            if (entry.FramePlusOne == 0 || (entry.High == high && entry.Low == low))
            {
                return ref entry;
            }

            slot = slot + 1 == entries.Length ? 0 : slot + 1;
        }
    }

    // Entries after the hole that were pushed past it move into it, so that a search never ends too early.
    private void RemoveAt(long hole)
    {
        for (long next = Next(hole); _entries[next].FramePlusOne != 0; next = Next(next))
        {
            long home = Home(_entries, _entries[next].High);
            bool staysReachable = hole <= next ? home > hole && home <= next : home > hole || home <= next;
            if (!staysReachable)
            {
                _entries[hole] = _entries[next];
                hole = next;
            }
        }

        _entries[hole] = default;
        Count--;
    }

    private long Next(long slot) => slot + 1 == _entries.Length ? 0 : slot + 1;

    private void Grow()
    {
        NativeBuffer<Entry> larger = _memory.Allocate<Entry>(_entries.Length * 5 / 4);
        for (long i = 0; i < _entries.Length; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.FramePlusOne != 0)
            {
                Slot(larger, ((UInt128)entry.High << 64) | entry.Low) = entry;
            }
        }

        _memory.Free(_entries);
        _entries = larger;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public uint FramePlusOne;

        // Offset and length of at most 4 MiB take 22 and 23 bits.
        private uint _offsetAndLive;
        private uint _lengthAndList;

        private const int NumberBits = 23;
        private const uint NumberMask = (1 << NumberBits) - 1;

        public readonly ChunkLocation Location =>
            new(FramePlusOne - 1, (int)(_offsetAndLive & NumberMask), (int)(_lengthAndList & NumberMask));

        public readonly ChunkMarks Marks =>
            (ChunkMarks)((_offsetAndLive >> NumberBits & 1) | (_lengthAndList >> NumberBits & 1) << 1);

        public void Set(ChunkLocation location, ChunkMarks marks)
        {
            FramePlusOne = location.Frame + 1;
            _offsetAndLive = (uint)location.Offset | ((uint)marks & 1) << NumberBits;
            _lengthAndList = (uint)location.Length | ((uint)marks >> 1 & 1) << NumberBits;
        }
    }
}
