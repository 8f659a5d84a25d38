using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>Which chunks are durable and can be found, kept from what is written and deleted: packs by themselves, and what segments list.</summary>
internal sealed class StoredChunks
{
    private readonly Dictionary<string, StoreChunkId[]> _packs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _segments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _listed = new(StringComparer.Ordinal);
    private readonly Dictionary<StoreChunkId, int> _places = [];
    private readonly DirectStore _store;
    private readonly MasterKeys _keys;

    public StoredChunks(DirectStore store, MasterKeys keys)
    {
        _store = store;
        _keys = keys;
    }

    /// <summary>True when the chunk is in a pack that is there and that a segment lists.</summary>
    public bool IsFindable(StoreChunkId chunk) => _places.GetValueOrDefault(chunk) > 0;

    public IEnumerable<string> Packs => _packs.Keys;

    /// <summary>The chunks of one pack.</summary>
    public IReadOnlyList<StoreChunkId> ChunksOf(string pack) => _packs.GetValueOrDefault(pack, []);

    public void PackCreated(string name, byte[] content)
    {
        if (!ObjectNames.TryParsePack(name, out ObjectId id))
        {
            throw new SimulationException("I1", $"{name} is no name of a pack");
        }

        PackDirectory directory = PackReader.ReadDirectoryAsync(_store, _keys, id, content.Length, CancellationToken.None).GetAwaiter().GetResult();
        _packs[name] = [.. directory.Chunks.Select(c => c.Id)];
        Count(name, _listed.GetValueOrDefault(name) > 0 ? 1 : 0);
    }

    public void SegmentCreated(string name)
    {
        string[] packs = [.. IndexSegments.ReadAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult().Select(p => p.ObjectName)];
        _segments[name] = packs;
        foreach (string pack in packs)
        {
            if (!_packs.ContainsKey(pack))
            {
                throw new SimulationException("I1", $"index segment {name} lists pack {pack}, which is not in the store");
            }

            List(pack, 1);
        }
    }

    /// <summary>True when it was a pack or a segment.</summary>
    public bool Deleted(string name)
    {
        if (_segments.Remove(name, out string[]? packs))
        {
            foreach (string pack in packs)
            {
                List(pack, -1);
            }

            return true;
        }

        if (_packs.ContainsKey(name))
        {
            Count(name, _listed.GetValueOrDefault(name) > 0 ? -1 : 0);
            _packs.Remove(name);
            return true;
        }

        return false;
    }

    private void List(string pack, int change)
    {
        int before = _listed.GetValueOrDefault(pack);
        _listed[pack] = before + change;
        Count(pack, (before + change > 0 ? 1 : 0) - (before > 0 ? 1 : 0));
    }

    private void Count(string pack, int change)
    {
        if (change != 0)
        {
            foreach (StoreChunkId chunk in ChunksOf(pack))
            {
                _places[chunk] = _places.GetValueOrDefault(chunk) + change;
            }
        }
    }
}
