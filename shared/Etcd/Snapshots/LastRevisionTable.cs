using System.Buffers.Binary;
using System.Security.Cryptography;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>
/// For each user key the ordinal of its last entry and whether that was a deletion. Keys are kept as 128 bits of their
/// SHA-256, so 24 bytes per slot whatever the key's length. Holds only the keys of one partition, and at most
/// <see cref="KeysMax"/> of them: 2^22 slots of 24 bytes are 96 MiB, during growth 144 MiB.
/// </summary>
internal sealed class LastRevisionTable
{
    private const int SlotsMin = 1 << 10;
    private readonly uint _partition;
    private readonly uint _partitions;
    private readonly int _keysMax;
    private ulong[] _low = new ulong[SlotsMin];
    private ulong[] _high = new ulong[SlotsMin];

    // 0: free. Otherwise (ordinal + 1) * 2, plus 1 for a deletion.
    private long[] _last = new long[SlotsMin];
    private int _count;

    public LastRevisionTable(uint partition, uint partitions, int keysMax)
    {
        _partition = partition;
        _partitions = partitions;
        _keysMax = keysMax;
    }

    /// <summary>Default limit of keys in memory: three quarters of 2^22 slots.</summary>
    public static int KeysMax => 3 << 20;

    /// <summary>Remembers a key's entry; false when the table is full and the answer of this table is worthless.</summary>
    public bool Set(ReadOnlySpan<byte> userKey, long ordinal, bool tombstone)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(userKey, digest);
        if (_partitions > 1 && BinaryPrimitives.ReadUInt32LittleEndian(digest[16..]) % _partitions != _partition)
        {
            return true;
        }

        var low = BinaryPrimitives.ReadUInt64LittleEndian(digest);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]);
        var slot = Find(low, high);
        if (_last[slot] == 0)
        {
            if (_count >= _keysMax)
            {
                return false;
            }

            if (_count >= _last.Length / 4 * 3)
            {
                Grow();
                slot = Find(low, high);
            }

            _low[slot] = low;
            _high[slot] = high;
            _count++;
        }

        _last[slot] = ((ordinal + 1) * 2) + (tombstone ? 1 : 0);
        return true;
    }

    /// <summary>Calls back with the ordinal of each key's last entry that is not a deletion.</summary>
    public void ForEachLive(Action<long> visit)
    {
        foreach (var last in _last)
        {
            if (last != 0 && (last & 1) == 0)
            {
                visit((last / 2) - 1);
            }
        }
    }

    private int Find(ulong low, ulong high)
    {
        var mask = _last.Length - 1;
        var slot = (int)(low >> 8) & mask;
        while (_last[slot] != 0 && (_low[slot] != low || _high[slot] != high))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        var (low, high, last) = (_low, _high, _last);
        _low = new ulong[last.Length * 2];
        _high = new ulong[last.Length * 2];
        _last = new long[last.Length * 2];
        for (var i = 0; i < last.Length; i++)
        {
            if (last[i] != 0)
            {
                var slot = Find(low[i], high[i]);
                (_low[slot], _high[slot], _last[slot]) = (low[i], high[i], last[i]);
            }
        }
    }
}
