using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Finds restore points by what operators type, and the snapshots in them. Every failure is one to show.</summary>
public sealed class PointCatalog
{
    /// <summary>The word for the newest restore point.</summary>
    public const string Latest = "latest";

    private readonly RepositoryAccess _access;
    private readonly SnapshotDirectory _snapshots;

    public PointCatalog(RepositoryAccess access, SnapshotDirectory snapshots)
    {
        _access = access;
        _snapshots = snapshots;
    }

    /// <summary>The restore point of that id, unique beginning of an id, or the newest sound one for <see cref="Latest"/>; damaged ones come as such.</summary>
    /// <exception cref="BackupException">NotFound, InvalidRequest when the beginning fits several, StoreUnavailable.</exception>
    public async Task<RestorePointEntry> FindAsync(string text, CancellationToken cancellationToken)
    {
        RestorePointEntry? found;
        try
        {
            using RepositoryLease lease = _access.Enter();
            found = text == Latest ? await lease.Repository.Catalog.LatestRestorePointAsync(cancellationToken)
                : text.Length > 0 ? await lease.Repository.Catalog.FindRestorePointAsync(text, cancellationToken)
                : null;
        }
        catch (AmbiguousIdException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"'{text}' is the beginning of several restore point ids; give more of it.", e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        return found ?? throw new BackupException(
            FailureCause.NotFound, text == Latest ? "There is no restore point yet." : $"There is no restore point '{text}'.");
    }

    /// <summary>The sound restore point that text stands for.</summary>
    /// <exception cref="BackupException">As <see cref="FindAsync"/>; StoreCorrupt when its manifest is damaged.</exception>
    public async Task<RestorePointManifest> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        RestorePointEntry entry = await FindAsync(text, cancellationToken);
        return entry.Manifest ?? throw StoreFailures.ToBackupException(
            entry.Damage ?? new RepositoryCorruptException(RepositoryDamage.Unspecified, entry.ObjectName, "cannot be read"));
    }

    /// <summary>The snapshot a request names by restore point and source.</summary>
    /// <exception cref="BackupException">As <see cref="ResolveAsync"/> and <see cref="SnapshotOfAsync"/>; InvalidRequest for no valid source.</exception>
    public async Task<SnapshotManifest> SnapshotForAsync(string point, Transport.V1.SourceKey? source, CancellationToken cancellationToken)
    {
        SourceKey key;
        try
        {
            key = SourceMapping.ToModel(source);
        }
        catch (InvalidDataException e)
        {
            throw new BackupException(FailureCause.InvalidRequest, "The request names no valid source.", e);
        }

        return await SnapshotOfAsync(await ResolveAsync(point, cancellationToken), key, cancellationToken);
    }

    /// <summary>The snapshot of a source in a restore point.</summary>
    /// <exception cref="BackupException">NotFound when the point has none, with the reason; StoreCorrupt when it is missing or damaged.</exception>
    public async Task<SnapshotManifest> SnapshotOfAsync(RestorePointManifest point, SourceKey source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(point);
        SourceResult result = point.Sources.FirstOrDefault(r => r.Source == source)
            ?? throw new BackupException(FailureCause.NotFound, $"Restore point {point.Id} has no source {source}.");
        if (result.Snapshot is not { } id)
        {
            throw new BackupException(FailureCause.NotFound, $"Restore point {point.Id} has no snapshot of {source}: {result.Failure?.Message}");
        }

        return await _snapshots.ReadAsync(id, cancellationToken)
            ?? throw new BackupException(FailureCause.StoreCorrupt, $"The manifest of snapshot {id} is missing in the store.");
    }
}
