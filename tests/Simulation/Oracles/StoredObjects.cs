using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>What is in a store an oracle judges, kept from what is written and deleted: chunks, and the manifests that need them (I1, I4).</summary>
internal sealed class StoredObjects
{
    private readonly DirectStore _store;
    private readonly MasterKeys _keys;
    private readonly string _of;
    private readonly SortedDictionary<string, KnownSnapshot> _snapshots = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RestorePointManifest> _points = new(StringComparer.Ordinal);

    /// <param name="store">Read without any of the faults of its world.</param>
    /// <param name="keys">Of its repository.</param>
    /// <param name="of">What messages add to the name of an object.</param>
    public StoredObjects(DirectStore store, MasterKeys keys, string of = "")
    {
        _store = store;
        _keys = keys;
        _of = of;
        Chunks = new StoredChunks(store, keys);
    }

    public StoredChunks Chunks { get; }

    /// <summary>Snapshots by the names of their manifests.</summary>
    public IReadOnlyDictionary<string, KnownSnapshot> Snapshots => _snapshots;

    /// <summary>Restore points by the names of their manifests.</summary>
    public IReadOnlyDictionary<string, RestorePointManifest> Points => _points;

    /// <summary>Takes an object that is new. Of a snapshot the oracle says what it is, having judged it.</summary>
    public void Created(StoreChange change, Func<KnownSnapshot> judge)
    {
        string name = change.Name;
        if (name.StartsWith(ObjectNames.PacksPrefix, StringComparison.Ordinal))
        {
            Chunks.PackCreated(name, change.Content);
        }
        else if (name.StartsWith(ObjectNames.IndexPrefix, StringComparison.Ordinal))
        {
            Chunks.SegmentCreated(name);
        }
        else if (name.StartsWith(ObjectNames.SnapshotsPrefix, StringComparison.Ordinal))
        {
            _snapshots[name] = judge();
        }
        else if (name.StartsWith(ObjectNames.RestorePointsPrefix, StringComparison.Ordinal))
        {
            _points[name] = ReadPoint(name, change.By);
        }
    }

    /// <summary>Takes note that an object is gone, which no snapshot may need.</summary>
    public void Deleted(string by, string name)
    {
        _snapshots.Remove(name);
        _points.Remove(name);
        if (Chunks.Deleted(name))
        {
            foreach ((string snapshot, KnownSnapshot known) in _snapshots)
            {
                RequireFindable("I4", $"{by}, deleting {name}{_of},", snapshot, known);
            }
        }
    }

    /// <summary>Reads in the repository what a new snapshot needs; it must be there, whatever goes wrong.</summary>
    public void Read(string by, string name, Action<OpenRepository> read)
    {
        try
        {
            using OpenRepository repository = OpenRepository.OpenAsync(_store, _keys, CancellationToken.None).GetAwaiter().GetResult();
            read(repository);
        }
        catch (Exception e) when (e is not SimulationException)
        {
            throw new SimulationException("I1", $"{by} committed {name}{_of}, and it cannot be read: {e.Message}", e);
        }
    }

    public void RequireFindable(string invariant, string who, string name, KnownSnapshot snapshot)
    {
        int missing = snapshot.Chunks.Count(c => !Chunks.IsFindable(c));
        if (missing > 0)
        {
            throw new SimulationException(invariant, $"{who} left {name}{_of} with {missing} of {snapshot.Chunks.Count} chunks that are not durable and indexed");
        }
    }

    private RestorePointManifest ReadPoint(string name, string by)
    {
        RestorePointManifest manifest = ManifestStore.ReadRestorePointAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        foreach (SourceResult source in manifest.Sources.Where(s => s.Snapshot is { } id && !_snapshots.ContainsKey(ObjectNames.Snapshot(id))))
        {
            throw new SimulationException("I1", $"{by} committed {name}{_of} with snapshot {source.Snapshot}, which does not exist there");
        }

        return manifest;
    }
}
