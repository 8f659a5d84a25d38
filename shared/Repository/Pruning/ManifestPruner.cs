using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// The first step: restore points that retention lets go, then snapshots that no restore point needs. A snapshot that never had a restore
/// point stays while its run goes on, and for the grace after that. Memory: the ids of all restore points and snapshots.
/// </summary>
internal sealed class ManifestPruner
{
    private readonly PruneContext _context;
    private readonly PruneRequest _request;
    private readonly List<(string Name, RestorePointId Id, RestorePointManifest Manifest)> _expired = [];
    private readonly HashSet<SnapshotId> _needed = [];
    private readonly HashSet<SnapshotId> _released = [];
    private readonly List<string> _snapshots = [];
    private bool _allPointsReadable = true;

    public ManifestPruner(PruneContext context, PruneRequest request)
    {
        _context = context;
        _request = request;
    }

    /// <summary>Times of everything that is there, as recorded by whoever wrote it.</summary>
    public List<DateTimeOffset> RecordedTimes { get; } = [];

    /// <summary>Restore points that go.</summary>
    public List<RestorePointId> RestorePoints { get; } = [];

    /// <summary>Snapshots that go.</summary>
    public List<SnapshotId> Snapshots { get; } = [];

    /// <summary>Snapshots that were there at the beginning.</summary>
    public int SnapshotCount => _snapshots.Count;

    /// <summary>Names of the manifests that are to go, also of those the store did not let go yet.</summary>
    public IEnumerable<string> LeavingNames => _expired.Select(e => e.Name)
        .Concat(_released.Concat(Snapshots).Where(id => !_needed.Contains(id)).Select(ObjectNames.Snapshot));

    /// <summary>Reads what there is.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        HashSet<RestorePointId> expired = [.. _request.Expired];
        await foreach (RestorePointEntry entry in _context.Repository.Catalog.RestorePointsAsync(cancellationToken))
        {
            if (entry.Id is { } id)
            {
                RecordedTimes.Add(id.Value.CreatedAt);
            }

            if (entry.Manifest is not { } manifest)
            {
                _allPointsReadable = false;
                _context.Meet(PruneObstacleKind.DamagedManifest, $"{entry.Damage!.Message}: which snapshots it needs is not known, so no snapshot is deleted.");
            }
            else if (expired.Contains(manifest.Id) && !await PinStore.IsPinnedAsync(_context.Store, manifest.Id, cancellationToken))
            {
                _expired.Add((entry.ObjectName, manifest.Id, manifest));
            }
            else
            {
                Need(manifest);
            }
        }

        await foreach (ObjectInfo info in _context.Store.ListAsync(ObjectNames.SnapshotsPrefix, cancellationToken))
        {
            _snapshots.Add(info.Name);
            if (IdOf(info.Name) is { } id)
            {
                RecordedTimes.Add(id.Value.CreatedAt);
            }
        }
    }

    /// <summary>Deletes what may go; when not executing, only says what that is.</summary>
    public async Task DeleteAsync(bool execute, CancellationToken cancellationToken)
    {
        foreach ((string name, RestorePointId id, RestorePointManifest manifest) in _expired)
        {
            if (!execute || await DeletePointAsync(name, id, cancellationToken))
            {
                RestorePoints.Add(id);
                _released.UnionWith(manifest.Sources.Where(s => s.Snapshot is not null).Select(s => s.Snapshot!.Value));
            }
            else
            {
                Need(manifest);
            }

            _context.Report("manifests", RestorePoints.Count, _expired.Count);
        }

        if (!_allPointsReadable)
        {
            return;
        }

        foreach (string name in _snapshots)
        {
            if (IdOf(name) is { } id && await MayGoAsync(id, cancellationToken) && (!execute || await DeleteSnapshotAsync(name, id, cancellationToken)))
            {
                Snapshots.Add(id);
            }
        }

        if (execute)
        {
            await DeleteRecordsAsync(await LossStore.NamesAsync(_context.Store, cancellationToken), LossStore.SnapshotOf, cancellationToken);
            await DeleteRecordsAsync(await DrillNamesAsync(cancellationToken), DrillStore.SnapshotOf, cancellationToken);
        }
    }

    private static SnapshotId? IdOf(string name) =>
        SnapshotId.TryParse(name[ObjectNames.SnapshotsPrefix.Length..], out SnapshotId id) ? id : null;

    private void Need(RestorePointManifest manifest) =>
        _needed.UnionWith(manifest.Sources.Where(s => s.Snapshot is not null).Select(s => s.Snapshot!.Value));

    private async Task<bool> MayGoAsync(SnapshotId id, CancellationToken cancellationToken)
    {
        if (_needed.Contains(id))
        {
            return false;
        }

        if (_released.Contains(id))
        {
            return true;
        }

        if (id.Value.CreatedAt + _context.Options.Grace > _context.Now)
        {
            return false;
        }

        try
        {
            SnapshotManifest? manifest = await CertainDamage.ReadAsync(() => _context.Repository.Catalog.GetSnapshotAsync(id, cancellationToken));
            return manifest is not null && !_request.IsGoingOn(manifest.Run);
        }
        catch (RepositoryCorruptException)
        {
            // Nobody can restore it, and nobody named it.
            return true;
        }
    }

    // A pin and a deletion exclude each other: what is pinned first stays, what is deleted first cannot be pinned.
    private async Task<bool> DeletePointAsync(string name, RestorePointId id, CancellationToken cancellationToken)
    {
        await _context.Writer.PinGate.WaitAsync(cancellationToken);
        try
        {
            return !await PinStore.IsPinnedAsync(_context.Store, id, cancellationToken)
                && await IsGoneAsync(name, cancellationToken);
        }
        finally
        {
            _context.Writer.PinGate.Release();
        }
    }

    private async Task<bool> DeleteSnapshotAsync(string name, SnapshotId id, CancellationToken cancellationToken) =>
        _context.Writer.Sessions.TryBeginDelete(id) && await IsGoneAsync(name, cancellationToken);

    // What was lost of a snapshot that is gone, or shown by it, is of no interest; also of one deleted by a prune that was interrupted right after.
    private async Task DeleteRecordsAsync(IReadOnlyList<string> names, Func<string, SnapshotId?> snapshotOf, CancellationToken cancellationToken)
    {
        foreach (string name in names)
        {
            if (snapshotOf(name) is { } snapshot && await _context.Store.HeadAsync(ObjectNames.Snapshot(snapshot), cancellationToken) is null)
            {
                await IsGoneAsync(name, cancellationToken);
            }
        }
    }

    private async Task<IReadOnlyList<string>> DrillNamesAsync(CancellationToken cancellationToken)
    {
        List<string> names = [];
        await foreach (ObjectInfo info in _context.Store.ListAsync(ObjectNames.DrillsPrefix, cancellationToken))
        {
            names.Add(info.Name);
        }

        return names;
    }

    private async Task<bool> IsGoneAsync(string name, CancellationToken cancellationToken)
    {
        DeleteOutcome outcome = await _context.DeleteAsync(name, cancellationToken);
        if (outcome == DeleteOutcome.Locked)
        {
            _context.Meet(PruneObstacleKind.Locked, $"The store does not let '{name}' be deleted yet.");
        }

        return outcome == DeleteOutcome.Deleted;
    }
}
