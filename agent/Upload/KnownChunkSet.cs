using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sBackup.Model.Ids;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// Chunks that need not be sent: durable from an earlier attempt, of the parent snapshot, or already sent in this
/// upload. Holds the first 128 bits of each id in native memory, 21 to 43 bytes an id; at the limit (1,000,000 ids,
/// 32 MiB) further ids are forgotten and their chunks sent again, which costs traffic and nothing else. Thread-safe.
/// </summary>
internal sealed unsafe class KnownChunkSet : IDisposable
{
    public const int IdsMax = 1_000_000;

    private const int SlotsMin = 1024;

    private readonly Lock _lock = new();
    private UInt128* _slots;
    private int _capacity;

    public KnownChunkSet()
    {
        _capacity = SlotsMin;
        _slots = Allocate(_capacity);
    }

    ~KnownChunkSet() => Free();

    public int Count { get; private set; }

    /// <summary>True when the id was not in the set; it then is, unless the set is full.</summary>
    public bool Add(ChunkId id)
    {
        UInt128 key = KeyOf(id);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_slots is null, this);
            UInt128* slot = FindLocked(key);
            if (*slot == key)
            {
                return false;
            }

            if (Count < IdsMax)
            {
                *slot = key;
                Count++;
                GrowLocked();
            }

            return true;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            Free();
        }

        GC.SuppressFinalize(this);
    }

    private static UInt128* Allocate(int slots) => (UInt128*)NativeMemory.AllocZeroed((nuint)slots, (nuint)sizeof(UInt128));

    // Zero marks a free slot; a digest that begins with 128 zero bits does not occur.
    private static UInt128 KeyOf(ChunkId id)
    {
        Span<byte> bytes = stackalloc byte[ChunkId.Bytes];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    private UInt128* FindLocked(UInt128 key)
    {
        int mask = _capacity - 1;
        int index = (int)(ulong)key & mask;
        while (_slots[index] != 0 && _slots[index] != key)
        {
            index = (index + 1) & mask;
        }

        return _slots + index;
    }

    private void GrowLocked()
    {
        // Three quarters full at most, except at the limit: 1,000,000 of 2^20 slots would be too full, so 2^21 it is.
        if (Count < _capacity / 4 * 3)
        {
            return;
        }

        UInt128* old = _slots;
        int oldCapacity = _capacity;
        _capacity *= 2;
        _slots = Allocate(_capacity);
        for (int i = 0; i < oldCapacity; i++)
        {
            if (old[i] != 0)
            {
                *FindLocked(old[i]) = old[i];
            }
        }

        NativeMemory.Free(old);
    }

    private void Free()
    {
        NativeMemory.Free(_slots);
        _slots = null;
    }
}
