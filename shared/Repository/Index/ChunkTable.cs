using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Index;

/// <summary>
/// Table from store ids to places, outside the collector's heap. A chunk costs 35 to 44 bytes. The table has parts that grow one at a
/// time, so that growing takes little more than what is there. Ids are kept to 16 of their 32 bytes: they are keyed, so nobody can aim
/// for a collision, and by chance two of 10^9 collide with a probability of 1.5e-21. Each entry has the bits a prune marks with, so that
/// marking takes no memory of its own. Not thread-safe.
/// </summary>
internal sealed class ChunkTable : IDisposable
{
    public const int PartBits = 6;

    private readonly ChunkTablePart[] _parts;

    public ChunkTable(IndexMemory memory) => _parts = [.. Enumerable.Range(0, 1 << PartBits).Select(_ => new ChunkTablePart(memory))];

    public long Count => _parts.Sum(p => p.Count);

    public long MemoryBytes => _parts.Sum(p => p.MemoryBytes);

    /// <summary>Sets the marks that entries get when they are added or change their place.</summary>
    public ChunkMarks MarksOfNew
    {
        set => Array.ForEach(_parts, p => p.MarksOfNew = value);
    }

    public bool TryFind(StoreChunkId id, out ChunkLocation location) => PartOf(id).TryFind(id, out location);

    /// <summary>Adds a chunk; false when it is there already, which changes nothing.</summary>
    public bool TryAdd(StoreChunkId id, ChunkLocation location) => PartOf(id).TryAdd(id, location);

    /// <summary>Gives a chunk that is there another place; it keeps its marks.</summary>
    public void Move(StoreChunkId id, ChunkLocation location) => PartOf(id).Move(id, location);

    /// <summary>Sets marks; gives the chunk's place and the marks it had before. False when there is no such chunk.</summary>
    public bool TryMark(StoreChunkId id, ChunkMarks marks, out ChunkLocation location, out ChunkMarks before) =>
        PartOf(id).TryMark(id, marks, out location, out before);

    public void ClearMarks() => Array.ForEach(_parts, p => p.ClearMarks());

    public void Visit(Action<ChunkLocation, ChunkMarks> visit) => Array.ForEach(_parts, p => p.Visit(visit));

    /// <summary>Removes the chunks in frames that are gone.</summary>
    public void RemoveWhere(Func<uint, bool> frameIsGone) => Array.ForEach(_parts, p => p.RemoveWhere(frameIsGone));

    public void Dispose() => Array.ForEach(_parts, p => p.Dispose());

    private ChunkTablePart PartOf(StoreChunkId id) => _parts[(int)(id.High >> (128 - PartBits))];
}
