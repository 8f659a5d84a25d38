using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Simulation.Store;

namespace K8sBackup.Simulation.Oracles;

/// <summary>
/// Judges the world after every change of the store by what is really there, with the keys and without any of the programs' memory:
/// I1, I2, I4, I6, I7 here; I9 when a program claims something. What it knows of contents comes from the sources.
/// </summary>
internal sealed class Oracle
{
    private readonly DirectStore _store;
    private readonly MasterKeys _keys;
    private readonly StoredObjects _objects;
    private readonly Condemned _condemned;
    private readonly IReadOnlySet<RunId> _runsGoingOn;
    private readonly HashSet<string> _released = new(StringComparer.Ordinal);
    private readonly Dictionary<SnapshotId, KnownSnapshot> _former = [];
    private readonly Dictionary<(RunId Run, SourceKey Source), BackupRecord> _backups = [];

    public Oracle(ModelStore model, MasterKeys keys, Func<long> now, TimeSpan grace, IReadOnlySet<RunId> runsGoingOn)
    {
        _store = new DirectStore(model);
        _keys = keys;
        _objects = new StoredObjects(_store, keys);
        _condemned = new Condemned(_store, keys, now, grace);
        _runsGoingOn = runsGoingOn;
    }

    /// <summary>Snapshots that exist, with what their files must be.</summary>
    public IReadOnlyList<KnownSnapshot> Snapshots => [.. _objects.Snapshots.Values];

    /// <summary>Restore points that exist.</summary>
    public IReadOnlyList<RestorePointManifest> Points => [.. _objects.Points.Values];

    /// <summary>An attempt at a piece of work begins.</summary>
    public void Expect(RunId run, BackupRecord record) => _backups[(run, record.Source)] = record;

    /// <summary>Restore points that may be deleted from now on.</summary>
    public void Release(IEnumerable<RestorePointId> points) => _released.UnionWith(points.Select(ObjectNames.RestorePoint));

    /// <summary>A snapshot that exists or did, by the name of its manifest.</summary>
    public KnownSnapshot Former(string name) => _former.Values.Single(s => ObjectNames.Snapshot(s.Manifest.Id) == name);

    /// <summary>A pack or tombstone that nothing needs; null when there is none.</summary>
    public string? Garbage()
    {
        HashSet<StoreChunkId> live = [.. _objects.Snapshots.Values.SelectMany(s => s.Chunks)];
        return _condemned.Tombstones.Concat(_objects.Chunks.Packs.Where(p => !_objects.Chunks.ChunksOf(p).Any(live.Contains))).FirstOrDefault();
    }

    /// <summary>True when the store has the chunk, whoever brought it.</summary>
    public bool Has(ChunkId chunk) => _objects.Chunks.IsFindable(StoreChunkId.Of(chunk, _keys));

    /// <summary>Judges one change.</summary>
    public void Judge(StoreChange change)
    {
        if (change.Kind == StoreChangeKind.Overwritten || (change.Kind == StoreChangeKind.Swapped && change.Name != ObjectNames.State))
        {
            throw new SimulationException("I2", $"{change.By} overwrote {change.Name}");
        }

        switch (change.Kind)
        {
            case StoreChangeKind.Created:
                Created(change);
                break;
            case StoreChangeKind.Deleted:
                Deleted(change);
                break;
            default:
                break;
        }
    }

    /// <summary>A program says that the snapshot is committed (I9).</summary>
    public void ClaimSnapshot(string who, SnapshotId id)
    {
        if (!_objects.Snapshots.ContainsKey(ObjectNames.Snapshot(id)))
        {
            throw new SimulationException("I9", $"{who} says that snapshot {id} is committed, and it is not in the store");
        }
    }

    /// <summary>A program says that the restore point is committed (I9).</summary>
    public void ClaimPoint(string who, RestorePointId id)
    {
        if (!_objects.Points.ContainsKey(ObjectNames.RestorePoint(id)))
        {
            throw new SimulationException("I9", $"{who} says that restore point {id} is committed, and it is not in the store");
        }
    }

    /// <summary>A program says that chunks are durable (I9).</summary>
    public void ClaimDurable(string who, IReadOnlyCollection<ChunkId> chunks)
    {
        foreach (ChunkId chunk in chunks.Where(c => !Has(c)))
        {
            throw new SimulationException("I9", $"{who} says that chunk {chunk} is durable, and it is not");
        }
    }

    private void Created(StoreChange change)
    {
        string name = change.Name;
        if (name.StartsWith(ObjectNames.TombstonesPrefix, StringComparison.Ordinal))
        {
            _condemned.TombstoneCreated(name);
        }
        else
        {
            _objects.Created(change, () => JudgeSnapshot(name, change.By));
        }
    }

    private KnownSnapshot JudgeSnapshot(string name, string by)
    {
        SnapshotManifest manifest = ManifestStore.ReadSnapshotAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        BackupRecord record = _backups.GetValueOrDefault((manifest.Run, manifest.Source))
            ?? throw new SimulationException("I9", $"{by} committed snapshot {name} of work nobody asked for");
        if (record.Snapshot is { } first && _objects.Snapshots.ContainsKey(ObjectNames.Snapshot(first)))
        {
            throw new SimulationException("I6", $"{by} committed {name}, although {record.Source} has snapshot {first} of the same run");
        }

        KnownSnapshot? known = null;
        _objects.Read(by, name, repository =>
        {
            HashSet<ChunkId> ids = SnapshotReader.ChunksOf(repository, manifest);
            HashSet<StoreChunkId> stored = [.. ids.Concat(manifest.ChunkList).Select(c => StoreChunkId.Of(c, _keys))];
            known = new KnownSnapshot(manifest, record.Files, stored, ids);
            _objects.RequireFindable("I1", by, name, known);
            RequireOwned(by, name, known, record);
            SnapshotReader.RequireContent(repository, manifest, record.Files);
        });
        record.Snapshot = manifest.Id;
        return _former[manifest.Id] = known!;
    }

    // I7: an agent's snapshot is made of what this agent sent, now or for the snapshot it names as parent.
    private void RequireOwned(string by, string name, KnownSnapshot snapshot, BackupRecord record)
    {
        KnownSnapshot? parent = snapshot.Manifest.Parent is { } id ? _former.GetValueOrDefault(id) : null;
        if (parent is not null && parent.Manifest.Source != record.Source)
        {
            throw new SimulationException("I7", $"{by} committed {name} of {record.Source} with a parent of {parent.Manifest.Source}");
        }

        foreach (ChunkId chunk in snapshot.Ids.Where(c => !record.Sent.Contains(c) && parent?.Ids.Contains(c) != true))
        {
            throw new SimulationException("I7", $"{by} committed {name} of {record.Source} with chunk {chunk}, which its agent never had");
        }
    }

    private void Deleted(StoreChange change)
    {
        string name = change.Name;
        switch (name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)])
        {
            case ObjectNames.PacksPrefix:
                _condemned.RequireDue(change.By, name);
                _objects.Deleted(change.By, name);
                break;
            case ObjectNames.IndexPrefix:
                _objects.Deleted(change.By, name);
                break;
            case ObjectNames.TombstonesPrefix:
                _condemned.TombstoneDeleted(name);
                break;
            case ObjectNames.RestorePointsPrefix when _released.Contains(name):
                _objects.Deleted(change.By, name);
                break;
            case ObjectNames.SnapshotsPrefix:
                SnapshotDeleted(change.By, name);
                break;
            default:
                throw new SimulationException("I4", $"{change.By} deleted {name}, which nobody let go");
        }
    }

    private void SnapshotDeleted(string by, string name)
    {
        KnownSnapshot snapshot = _objects.Snapshots[name];
        _objects.Deleted(by, name);
        RestorePointManifest? point = _objects.Points.Values.FirstOrDefault(p => p.Sources.Any(s => s.Snapshot == snapshot.Manifest.Id));
        if (point is not null)
        {
            throw new SimulationException("I4", $"{by} deleted {name}, which restore point {point.Id} needs");
        }

        if (_runsGoingOn.Contains(snapshot.Manifest.Run))
        {
            throw new SimulationException("I4", $"{by} deleted {name}, whose run goes on");
        }
    }
}
