using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Pruning;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>Since when packs have been condemned, by the true clock of the world (I4).</summary>
internal sealed class Condemned
{
    private readonly Dictionary<string, string[]> _tombstones = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _since = new(StringComparer.Ordinal);
    private readonly DirectStore _store;
    private readonly MasterKeys _keys;
    private readonly Func<long> _now;
    private readonly TimeSpan _grace;

    public Condemned(DirectStore store, MasterKeys keys, Func<long> now, TimeSpan grace)
    {
        _store = store;
        _keys = keys;
        _now = now;
        _grace = grace;
    }

    public IEnumerable<string> Tombstones => _tombstones.Keys;

    public void TombstoneCreated(string name)
    {
        Tombstone tombstone = TombstoneStore.ReadAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        string[] packs = [.. tombstone.Packs.Select(p => ObjectNames.Pack(p.Id))];
        _tombstones[name] = packs;
        foreach (string pack in packs)
        {
            _since.TryAdd(pack, _now());
        }
    }

    public void TombstoneDeleted(string name)
    {
        _tombstones.Remove(name, out string[]? packs);
        foreach (string pack in (packs ?? []).Except(_tombstones.Values.SelectMany(p => p)))
        {
            _since.Remove(pack);
        }
    }

    public void RequireDue(string who, string pack)
    {
        TimeSpan age = _since.TryGetValue(pack, out long since) ? TimeSpan.FromTicks(_now() - since) : TimeSpan.MinValue;
        if (age < _grace)
        {
            throw new SimulationException("I4", age == TimeSpan.MinValue
                ? $"{who} deleted {pack}, which was not condemned"
                : $"{who} deleted {pack} {age} after it was condemned, and the grace is {_grace}");
        }
    }
}
