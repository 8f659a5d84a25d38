using K8sBackup.Model.Ids;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Writing;

/// <summary>Sorted unique chunk ids outside the collector's heap, 32 bytes each.</summary>
internal sealed class ChunkIdRun : IDisposable
{
    private readonly NativeBuffer<ChunkId> _ids;

    private ChunkIdRun(NativeBuffer<ChunkId> ids, long count)
    {
        _ids = ids;
        Count = count;
    }

    public long Count { get; }

    public ChunkId this[long index] => _ids[index];

    /// <summary>Sorts the span and makes a run of what is unique in it.</summary>
    public static ChunkIdRun Of(Span<ChunkId> ids)
    {
        ids.Sort();
        NativeBuffer<ChunkId> buffer = new(ids.Length);
        long count = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            if (i == 0 || ids[i] != ids[i - 1])
            {
                buffer[count++] = ids[i];
            }
        }

        return new ChunkIdRun(buffer, count);
    }

    public static ChunkIdRun Merge(ChunkIdRun left, ChunkIdRun right)
    {
        NativeBuffer<ChunkId> buffer = new(left.Count + right.Count);
        long count = 0;
        long l = 0;
        long r = 0;
        while (l < left.Count || r < right.Count)
        {
            int order = l == left.Count ? 1 : r == right.Count ? -1 : left[l].CompareTo(right[r]);
            buffer[count++] = order <= 0 ? left[l] : right[r];
            l += order <= 0 ? 1 : 0;
            r += order >= 0 ? 1 : 0;
        }

        return new ChunkIdRun(buffer, count);
    }

    public void Dispose() => _ids.Dispose();
}
