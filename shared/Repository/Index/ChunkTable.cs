using System.Runtime.InteropServices;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>
/// Open-addressing table from store ids to places, outside the collector's heap. An entry has 28 bytes and the table is between
/// 53 % and 80 % full, so a chunk costs 35 to 53 bytes. Ids are kept to 16 of their 32 bytes: they are keyed, so nobody can aim for a
/// collision, and by chance two of 10^9 collide with a probability of 1.5e-21. Not thread-safe.
/// </summary>
internal sealed class ChunkTable : IDisposable
{
    private const long FirstCapacity = 1024;

    private NativeBuffer<Entry> _entries = new(FirstCapacity);

    public long Count { get; private set; }

    public long MemoryBytes => _entries.Length * Marshal.SizeOf<Entry>();

    public bool TryFind(StoreChunkId id, out ChunkLocation location)
    {
        ref Entry entry = ref Slot(_entries, id.High);
        location = new ChunkLocation(entry.FramePlusOne - 1, entry.Offset, entry.Length);
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

        entry = new Entry
        {
            High = (ulong)(id.High >> 64),
            Low = (ulong)id.High,
            FramePlusOne = location.Frame + 1,
            Offset = location.Offset,
            Length = location.Length,
        };
        Count++;
        return true;
    }

    public void Dispose() => _entries.Dispose();

    // The ids are keyed digests, so their bits are as good as any hash of them.
    private static ref Entry Slot(NativeBuffer<Entry> entries, UInt128 id)
    {
        ulong high = (ulong)(id >> 64);
        ulong low = (ulong)id;
        long slot = (long)Math.BigMul(high, (ulong)entries.Length, out _);
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

    private void Grow()
    {
        NativeBuffer<Entry> larger = new(_entries.Length * 3 / 2);
        for (long i = 0; i < _entries.Length; i++)
        {
            ref Entry entry = ref _entries[i];
            if (entry.FramePlusOne != 0)
            {
                Slot(larger, ((UInt128)entry.High << 64) | entry.Low) = entry;
            }
        }

        _entries.Dispose();
        _entries = larger;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public uint FramePlusOne;
        public int Offset;
        public int Length;
    }
}
