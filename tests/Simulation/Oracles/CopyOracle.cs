using System.Security.Cryptography;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>
/// Judges a copy after every change of it. Whatever becomes of the process that copies: what is there are the bytes of the first store under
/// their names (I5), everything a manifest there needs is there (I1), nothing is written over (I2), and nothing the first still has is deleted (I4).
/// </summary>
internal sealed class CopyOracle
{
    private static readonly string[] s_ofOneStore = [ObjectNames.State, ObjectNames.CoveragePrefix, ObjectNames.TombstonesPrefix];

    private readonly ModelStore _source;
    private readonly ModelStore _copy;
    private readonly Oracle _oracle;
    private readonly StoredObjects _objects;
    private readonly Dictionary<string, byte[]> _digests = new(StringComparer.Ordinal);

    public CopyOracle(ModelStore source, ModelStore copy, MasterKeys keys, Oracle oracle)
    {
        _source = source;
        _copy = copy;
        _oracle = oracle;
        _objects = new StoredObjects(new DirectStore(copy), keys, " of the copy");
        foreach (string name in source.Names)
        {
            _digests[name] = SHA256.HashData(source.Find(name)!);
        }
    }

    /// <summary>Something happened in the first store.</summary>
    public void Learn(StoreChange change)
    {
        if (change.Kind == StoreChangeKind.Created)
        {
            _digests[change.Name] = SHA256.HashData(change.Content);
        }
    }

    /// <summary>Something happened in the copy.</summary>
    public void Judge(StoreChange change)
    {
        switch (change.Kind)
        {
            case StoreChangeKind.Created:
                Created(change);
                break;
            case StoreChangeKind.Deleted:
                Deleted(change);
                break;
            default:
                throw new SimulationException("I2", $"{change.By} overwrote {change.Name} of the copy");
        }
    }

    /// <summary>The copy has what the first store has, and nothing else.</summary>
    public void RequireEqual()
    {
        string? odd = _source.Names.Where(n => !IsOfOneStore(n)).Except(_copy.Names).FirstOrDefault() ?? _copy.Names.Except(_source.Names).FirstOrDefault();
        if (odd is not null)
        {
            throw new SimulationException("I3", $"{odd} is in one of the two stores only, although the copy is said to be whole");
        }
    }

    private static bool IsOfOneStore(string name) => s_ofOneStore.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private void Created(StoreChange change)
    {
        string name = change.Name;
        if (IsOfOneStore(name) || !_digests.TryGetValue(name, out byte[]? digest) || !digest.AsSpan().SequenceEqual(SHA256.HashData(change.Content)))
        {
            throw new SimulationException("I5", $"{change.By} wrote {name} to the copy, and that is not what the first store was given under this name");
        }

        _objects.Created(change, () => JudgeSnapshot(name, change.By));
    }

    private KnownSnapshot JudgeSnapshot(string name, string by)
    {
        KnownSnapshot snapshot = _oracle.Former(name);
        _objects.RequireFindable("I1", by, name, snapshot);
        _objects.Read(by, name, repository => SnapshotReader.RequireContent(repository, snapshot.Manifest, snapshot.Files));
        return snapshot;
    }

    private void Deleted(StoreChange change)
    {
        if (_source.Find(change.Name) is not null)
        {
            throw new SimulationException("I4", $"{change.By} deleted {change.Name} of the copy, which the first store has");
        }

        _objects.Deleted(change.By, change.Name);
    }
}
