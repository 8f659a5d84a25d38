using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
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
    private readonly StoredChunks _chunks;
    private readonly Condemned _condemned;
    private readonly IReadOnlySet<RunId> _runsGoingOn;
    private readonly HashSet<string> _released = new(StringComparer.Ordinal);
    private readonly Dictionary<SnapshotId, KnownSnapshot> _former = [];
    private readonly Dictionary<(RunId Run, SourceKey Source), BackupRecord> _backups = [];
    private readonly SortedDictionary<string, KnownSnapshot> _snapshots = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RestorePointManifest> _points = new(StringComparer.Ordinal);

    public Oracle(ModelStore model, MasterKeys keys, Func<long> now, TimeSpan grace, IReadOnlySet<RunId> runsGoingOn)
    {
        _store = new DirectStore(model);
        _keys = keys;
        _chunks = new StoredChunks(_store, keys);
        _condemned = new Condemned(_store, keys, now, grace);
        _runsGoingOn = runsGoingOn;
    }

    /// <summary>Snapshots that exist, with what their files must be.</summary>
    public IReadOnlyList<KnownSnapshot> Snapshots => [.. _snapshots.Values];

    /// <summary>Restore points that exist.</summary>
    public IReadOnlyList<RestorePointManifest> Points => [.. _points.Values];

    /// <summary>An attempt at a piece of work begins.</summary>
    public void Expect(RunId run, BackupRecord record) => _backups[(run, record.Source)] = record;

    /// <summary>Restore points that may be deleted from now on.</summary>
    public void Release(IEnumerable<RestorePointId> points) => _released.UnionWith(points.Select(ObjectNames.RestorePoint));

    /// <summary>A snapshot that exists or did, by the name of its manifest.</summary>
    public KnownSnapshot Former(string name) => _former.Values.Single(s => ObjectNames.Snapshot(s.Manifest.Id) == name);

    /// <summary>A pack or tombstone that nothing needs; null when there is none.</summary>
    public string? Garbage()
    {
        HashSet<StoreChunkId> live = [.. _snapshots.Values.SelectMany(s => s.Chunks)];
        return _condemned.Tombstones.Concat(_chunks.Packs.Where(p => !_chunks.ChunksOf(p).Any(live.Contains))).FirstOrDefault();
    }

    /// <summary>True when the store has the chunk, whoever brought it.</summary>
    public bool Has(ChunkId chunk) => _chunks.IsFindable(StoreChunkId.Of(chunk, _keys));

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
        if (!_snapshots.ContainsKey(ObjectNames.Snapshot(id)))
        {
            throw new SimulationException("I9", $"{who} says that snapshot {id} is committed, and it is not in the store");
        }
    }

    /// <summary>A program says that the restore point is committed (I9).</summary>
    public void ClaimPoint(string who, RestorePointId id)
    {
        if (!_points.ContainsKey(ObjectNames.RestorePoint(id)))
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
        else if (name.StartsWith(ObjectNames.TombstonesPrefix, StringComparison.Ordinal))
        {
            _condemned.TombstoneCreated(name);
        }
    }

    private void SnapshotCreated(string name, string by)
    {
        SnapshotManifest manifest = ManifestStore.ReadSnapshotAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        BackupRecord record = _backups.GetValueOrDefault((manifest.Run, manifest.Source))
            ?? throw new SimulationException("I9", $"{by} committed snapshot {name} of work nobody asked for");
        if (record.Snapshot is { } first && _snapshots.ContainsKey(ObjectNames.Snapshot(first)))
        {
            throw new SimulationException("I6", $"{by} committed {name}, although {record.Source} has snapshot {first} of the same run");
        }

        try
        {
            using OpenRepository repository = OpenRepository.OpenAsync(_store, _keys, CancellationToken.None).GetAwaiter().GetResult();
            HashSet<ChunkId> ids = SnapshotReader.ChunksOf(repository, manifest);
            HashSet<StoreChunkId> stored = [.. ids.Concat(manifest.ChunkList).Select(c => StoreChunkId.Of(c, _keys))];
            KnownSnapshot snapshot = new(manifest, record.Files, stored, ids);
            RequireFindable("I1", by, name, snapshot);
            RequireOwned(by, name, snapshot, record);
            SnapshotReader.RequireContent(repository, manifest, record.Files);
            record.Snapshot = manifest.Id;
            _snapshots[name] = snapshot;
            _former[manifest.Id] = snapshot;
        }
        catch (Exception e) when (e is not SimulationException)
        {
            throw new SimulationException("I1", $"{by} committed {name}, and it cannot be read: {e.Message}", e);
        }
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

    private void PointCreated(string name, string by)
    {
        RestorePointManifest manifest = ManifestStore.ReadRestorePointAsync(_store, _keys, name, CancellationToken.None).GetAwaiter().GetResult();
        foreach (SourceResult source in manifest.Sources.Where(s => s.Snapshot is { } id && !_snapshots.ContainsKey(ObjectNames.Snapshot(id))))
        {
            throw new SimulationException("I1", $"{by} committed {name} with snapshot {source.Snapshot}, which does not exist");
        }

        _points[name] = manifest;
    }

    private void Deleted(StoreChange change)
    {
        string name = change.Name;
        switch (name[..(name.IndexOf('/', StringComparison.Ordinal) + 1)])
        {
            case ObjectNames.PacksPrefix:
                _condemned.RequireDue(change.By, name);
                SpaceDeleted(change.By, name);
                break;
            case ObjectNames.IndexPrefix:
                SpaceDeleted(change.By, name);
                break;
            case ObjectNames.TombstonesPrefix:
                _condemned.TombstoneDeleted(name);
                break;
            case ObjectNames.RestorePointsPrefix when _released.Contains(name):
                _points.Remove(name);
                break;
            case ObjectNames.SnapshotsPrefix:
                SnapshotDeleted(change.By, name);
                break;
            default:
                throw new SimulationException("I4", $"{change.By} deleted {name}, which nobody let go");
        }
    }

    private void SpaceDeleted(string by, string name)
    {
        _chunks.Deleted(name);
        foreach ((string snapshot, KnownSnapshot known) in _snapshots)
        {
            RequireFindable("I4", $"{by}, deleting {name},", snapshot, known);
        }
    }

    private void SnapshotDeleted(string by, string name)
    {
        _snapshots.Remove(name, out KnownSnapshot? snapshot);
        RestorePointManifest? point = _points.Values.FirstOrDefault(p => p.Sources.Any(s => s.Snapshot == snapshot!.Manifest.Id));
        if (point is not null)
        {
            throw new SimulationException("I4", $"{by} deleted {name}, which restore point {point.Id} needs");
        }

        if (_runsGoingOn.Contains(snapshot!.Manifest.Run))
        {
            throw new SimulationException("I4", $"{by} deleted {name}, whose run goes on");
        }
    }

    private void RequireFindable(string invariant, string who, string name, KnownSnapshot snapshot)
    {
        int missing = snapshot.Chunks.Count(c => !_chunks.IsFindable(c));
        if (missing > 0)
        {
            throw new SimulationException(invariant, $"{who} left {name} with {missing} of {snapshot.Chunks.Count} chunks that are not durable and indexed");
        }
    }
}
