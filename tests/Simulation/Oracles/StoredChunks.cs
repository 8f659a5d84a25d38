using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>Which chunks are durable and can be found, kept from what is written and deleted: packs by themselves, and what segments list.</summary>
internal sealed class StoredChunks
{
    private readonly Dictionary<string, PackDirectory> _packs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _segments = new(StringComparer.Ordinal);
    private readonly DirectStore _store;
    private readonly MasterKeys _keys;

    public StoredChunks(DirectStore store, MasterKeys keys)
    {
        _store = store;
        _keys = keys;
    }

    public void PackCreated(string name, byte[] content)
    {
        if (!ObjectNames.TryParsePack(name, out ObjectId id))
        {
            throw new SimulationException("I1", $"{name} is no name of a pack");
        }

        _packs[name] = PackReader.ReadDirectoryAsync(_store, _keys, id, content.Length, CancellationToken.None).GetAwaiter().GetResult();
    }

    public void SegmentCreated(string name)
    {
        string[] packs = [.. IndexSegments.ReadAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult().Select(p => p.ObjectName)];
        _segments[name] = packs;
        foreach (string pack in packs.Where(p => !_packs.ContainsKey(p)))
        {
            throw new SimulationException("I1", $"index segment {name} lists pack {pack}, which is not in the store");
        }
    }

    public void Deleted(string name)
    {
        _packs.Remove(name);
        _segments.Remove(name);
    }

    /// <summary>Every chunk that is in a pack that is there and listed.</summary>
    public HashSet<StoreChunkId> Findable() =>
        [.. _segments.Values.SelectMany(s => s).Distinct().Where(_packs.ContainsKey).SelectMany(p => _packs[p].Chunks).Select(c => c.Id)];

    /// <summary>The chunks of one pack.</summary>
    public IEnumerable<StoreChunkId> ChunksOf(string pack) => _packs.TryGetValue(pack, out PackDirectory? directory) ? directory.Chunks.Select(c => c.Id) : [];
}
