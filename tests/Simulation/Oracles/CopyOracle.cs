using System.Security.Cryptography;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
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
    private readonly DirectStore _reader;
    private readonly MasterKeys _keys;
    private readonly Oracle _oracle;
    private readonly StoredChunks _chunks;
    private readonly Dictionary<string, byte[]> _digests = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, KnownSnapshot> _snapshots = new(StringComparer.Ordinal);

    public CopyOracle(ModelStore source, ModelStore copy, MasterKeys keys, Oracle oracle)
    {
        _source = source;
        _copy = copy;
        _reader = new DirectStore(copy);
        _keys = keys;
        _oracle = oracle;
        _chunks = new StoredChunks(_reader, keys);
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

        if (name.StartsWith(ObjectNames.PacksPrefix, StringComparison.Ordinal))
        {
            _chunks.PackCreated(name, change.Content);
        }
        else if (name.StartsWith(ObjectNames.IndexPrefix, StringComparison.Ordinal))
        {
            _chunks.SegmentCreated(name);
        }
        else if (name.StartsWith(ObjectNames.SnapshotsPrefix, StringComparison.Ordinal))
        {
            SnapshotCreated(name, change.By);
        }
        else if (name.StartsWith(ObjectNames.RestorePointsPrefix, StringComparison.Ordinal))
        {
            PointCreated(name, change.By);
        }
    }

    private void SnapshotCreated(string name, string by)
    {
        KnownSnapshot snapshot = _oracle.Former(name);
        RequireFindable("I1", by, name, snapshot);
        try
        {
            using OpenRepository repository = OpenRepository.OpenAsync(_reader, _keys, CancellationToken.None).GetAwaiter().GetResult();
            SnapshotReader.RequireContent(repository, snapshot.Manifest, snapshot.Files);
        }
        catch (Exception e) when (e is not SimulationException)
        {
            throw new SimulationException("I1", $"{by} copied {name}, and it cannot be read there: {e.Message}", e);
        }

        _snapshots[name] = snapshot;
    }

    private void PointCreated(string name, string by)
    {
        RestorePointManifest manifest = ManifestStore.ReadRestorePointAsync(_reader, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        foreach (SourceResult source in manifest.Sources.Where(s => s.Snapshot is { } id && !_snapshots.ContainsKey(ObjectNames.Snapshot(id))))
        {
            throw new SimulationException("I1", $"{by} copied {name} with snapshot {source.Snapshot}, which is not in the copy");
        }
    }

    private void Deleted(StoreChange change)
    {
        if (_source.Find(change.Name) is not null)
        {
            throw new SimulationException("I4", $"{change.By} deleted {change.Name} of the copy, which the first store has");
        }

        _snapshots.Remove(change.Name);
        _chunks.Deleted(change.Name);
        foreach ((string name, KnownSnapshot snapshot) in _snapshots)
        {
            RequireFindable("I4", $"{change.By}, deleting {change.Name},", name, snapshot);
        }
    }

    private void RequireFindable(string invariant, string who, string name, KnownSnapshot snapshot)
    {
        int missing = snapshot.Chunks.Count(c => !_chunks.IsFindable(c));
        if (missing > 0)
        {
            throw new SimulationException(invariant, $"{who} left {name} of the copy with {missing} of {snapshot.Chunks.Count} chunks that are not durable and indexed there");
        }
    }
}
