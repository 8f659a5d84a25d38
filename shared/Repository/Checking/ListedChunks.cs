using System.Buffers.Binary;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// The ids of one snapshot's chunk list, for looking up whether the tree needs any other: eight bytes of each, outside the collector's heap.
/// Two ids that agree in them by chance could hide one omission in 10^12 or so.
/// </summary>
internal sealed class ListedChunks : IDisposable
{
    private readonly NativeBuffer<ulong> _ids = new(1024);
    private long _count;

    /// <summary>Adds the next id; they ascend.</summary>
    public void Add(ChunkId id)
    {
        if (_count == _ids.Length)
        {
            _ids.Grow(_ids.Length * 3 / 2);
        }

        _ids[_count++] = KeyOf(id);
    }

    public bool Contains(ChunkId id)
    {
        ulong key = KeyOf(id);
        long low = 0;
        long high = _count;
        while (low < high)
        {
            long middle = (low + high) / 2;
            if (_ids[middle] < key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < _count && _ids[low] == key;
    }

    public void Dispose() => _ids.Dispose();

    private static ulong KeyOf(ChunkId id)
    {
        Span<byte> bytes = stackalloc byte[ChunkId.Bytes];
        id.CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
