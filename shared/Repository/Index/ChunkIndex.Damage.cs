using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>Packs that are known to be damaged or lost: writers store their chunks again, readers prefer any other copy.</summary>
internal sealed partial class ChunkIndex
{
    // Also of packs that no segment lists (yet).
    private readonly HashSet<ObjectId> _distrusted = [];

    /// <summary>
    /// Stops believing in a pack. Its chunks are still found in it until another pack that has them is added, or its segment is read again.
    /// </summary>
    /// <returns>How many packs that are by now; 0 when this one was among them.</returns>
    public int Distrust(ObjectId pack)
    {
        lock (_gate)
        {
            if (!_distrusted.Add(pack))
            {
                return 0;
            }

            if (_numbers.TryGetValue(pack, out uint number))
            {
                Change(number, (ref PackState state) => state.Distrusted = true);
                CountImpairedLocked();
            }

            return _distrusted.Count;
        }
    }

    /// <summary>True when the only place of the chunk is a pack nobody believes in.</summary>
    public bool IsDistrusted(StoreChunkId id)
    {
        lock (_gate)
        {
            return _impaired > 0 && _chunks.TryFind(id, out ChunkLocation location) && StateLocked(location).Distrusted;
        }
    }
}
