using K8sBackup.Model.Ids;

namespace K8sBackup.Transport.Payloads;

/// <summary>
/// The chunks of which parts were sent last in one restore, the most recently used first. Sender and receiver of a stream keep one each,
/// and use it for the same data in the same order: so the sender knows what the receiver still has. Not thread-safe.
/// </summary>
/// <typeparam name="T">What is kept of a chunk.</typeparam>
public sealed class RecentChunks<T>
{
    /// <summary>
    /// Chunks kept. A page-structured file has pieces of about as many chunks side by side as backups changed it one after the other.
    /// </summary>
    public const int Kept = 16;

    private readonly List<(ChunkId Id, T Value)> _byUse = new(Kept);

    /// <summary>Everything kept.</summary>
    public IEnumerable<T> Values => _byUse.Select(chunk => chunk.Value);

    /// <summary>True for a chunk that is kept, which is then the most recently used one.</summary>
    public bool TryUse(ChunkId id, out T value)
    {
        int at = _byUse.FindIndex(chunk => chunk.Id == id);
        value = at >= 0 ? _byUse[at].Value : default!;
        if (at > 0)
        {
            (ChunkId, T) used = _byUse[at];
            _byUse.RemoveAt(at);
            _byUse.Insert(0, used);
        }

        return at >= 0;
    }

    /// <summary>Forgets the chunk that was used longest ago when there is no room for another; true when there was one.</summary>
    public bool TryMakeRoom(out T forgotten)
    {
        bool isFull = _byUse.Count == Kept;
        forgotten = isFull ? _byUse[^1].Value : default!;
        if (isFull)
        {
            _byUse.RemoveAt(Kept - 1);
        }

        return isFull;
    }

    /// <summary>Keeps a chunk that is not kept; there must be room for it.</summary>
    public void Add(ChunkId id, T value) => _byUse.Insert(0, (id, value));

    /// <summary>Forgets everything: another stream begins.</summary>
    public void Clear() => _byUse.Clear();
}
