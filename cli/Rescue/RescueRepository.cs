using K8sBackup.Cli.Commands;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Restoring;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Rescue;

/// <summary>The repository, opened straight from the store for reading: all that is needed on the night nothing else runs.</summary>
internal sealed class RescueRepository : IDisposable
{
    private const string Latest = "latest";

    private readonly OpenedStore _store;
    private readonly MasterKeys _keys;

    private RescueRepository(OpenedStore store, MasterKeys keys, OpenRepository repository)
    {
        _store = store;
        _keys = keys;
        Repository = repository;
    }

    public OpenRepository Repository { get; }

    public static async Task<RescueRepository> OpenAsync(
        StoreOptions options, SlotCredential credential, TimeProvider clock, CancellationToken cancellationToken)
    {
        using SlotCredential used = credential;
        OpenedStore store = await StoreFactory.OpenAsync(options, StoreUse.Read, clock, cancellationToken);
        MasterKeys? keys = null;
        try
        {
            keys = await new KeySlots(store.Store, clock).UnlockAsync(used, cancellationToken);
            return new RescueRepository(store, keys, await OpenRepository.OpenAsync(store.Store, keys, cancellationToken));
        }
        catch
        {
            keys?.Dispose();
            store.Dispose();
            throw;
        }
    }

    /// <summary>Restore points with their snapshots, newest first; damaged ones as such.</summary>
    public async Task<List<Wire.RestorePoint>> PointsAsync(int limit, CancellationToken cancellationToken)
    {
        List<Wire.RestorePoint> points = [];
        await foreach (RestorePointEntry entry in Repository.Catalog.RestorePointsAsync(cancellationToken))
        {
            points.Add(await WithSnapshotsAsync(entry, cancellationToken));
            if (points.Count == limit)
            {
                break;
            }
        }

        return points;
    }

    /// <summary>The restore point of that id, unique beginning of an id, or the newest sound one for <c>latest</c>.</summary>
    /// <exception cref="BackupException">NotFound, or InvalidRequest when the beginning fits several.</exception>
    public async Task<Wire.RestorePoint> FindAsync(string text, CancellationToken cancellationToken)
    {
        try
        {
            RestorePointEntry? entry = text == Latest
                ? await Repository.Catalog.LatestRestorePointAsync(cancellationToken)
                : await Repository.Catalog.FindRestorePointAsync(text, cancellationToken);
            return entry is null
                ? throw new BackupException(FailureCause.NotFound, text == Latest ? "There is no sound restore point." : $"There is no restore point '{text}'.")
                : await WithSnapshotsAsync(entry, cancellationToken);
        }
        catch (AmbiguousIdException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is the beginning of several restore point ids; give more of it.", e);
        }
    }

    /// <summary>The one snapshot a source reference names in a restore point.</summary>
    /// <exception cref="BackupException">There is none, there are several, or it is damaged.</exception>
    public async Task<SnapshotManifest> SnapshotAsync(string point, SourceReference source, CancellationToken cancellationToken)
    {
        Wire.RestorePoint found = PointReference.Usable(await FindAsync(point, cancellationToken));
        string id = source.In(found).Id;
        return await Repository.Catalog.GetSnapshotAsync(SnapshotId.Parse(id), cancellationToken)
            ?? throw new BackupException(FailureCause.StoreCorrupt, $"The manifest of snapshot {id} is missing in the store.");
    }

    /// <summary>What a selection of a snapshot holds.</summary>
    public IAsyncEnumerable<ContentItem> ContentsAsync(SnapshotManifest snapshot, IEnumerable<byte[]> paths, CancellationToken cancellationToken) =>
        new SnapshotContents(Repository, snapshot.Root, new PathSelection([.. paths])).ReadAsync(cancellationToken);

    public void Dispose()
    {
        Repository.Dispose();
        _keys.Dispose();
        _store.Dispose();
    }

    private async Task<Wire.RestorePoint> WithSnapshotsAsync(RestorePointEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Manifest is not { } point)
        {
            return PointMapping.Damaged(entry.IdText, entry.DamageText);
        }

        Wire.RestorePoint wire = PointMapping.ToWire(point);
        foreach (SourceResult result in point.Sources)
        {
            if (result.Snapshot is { } id)
            {
                wire.Snapshots.Add(await SnapshotAsync(result.Source, id, cancellationToken));
            }
        }

        return wire;
    }

    private async Task<Wire.Snapshot> SnapshotAsync(SourceKey source, SnapshotId id, CancellationToken cancellationToken)
    {
        try
        {
            if (await Repository.Catalog.GetSnapshotAsync(id, cancellationToken) is not { } manifest)
            {
                return PointMapping.Damaged(source, id, "Its manifest is missing in the store.");
            }

            Wire.Snapshot snapshot = PointMapping.ToWire(manifest);
            DrillEntry? drill = await Repository.Catalog.DrillsAsync(id, cancellationToken).LastOrDefaultAsync(cancellationToken);
            snapshot.Drill = drill?.Record is { } record ? DrillMapping.ToWire(record) : null;
            return snapshot;
        }
        catch (RepositoryCorruptException e)
        {
            return PointMapping.Damaged(source, id, e.Message);
        }
    }
}
