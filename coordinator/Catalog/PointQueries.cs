using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>The operator's calls about restore points.</summary>
public sealed class PointQueries
{
    private const int ListDefault = 50;
    private const int ListMax = 1000;

    private readonly RepositoryAccess _access;
    private readonly PointCatalog _points;
    private readonly SnapshotDirectory _snapshots;

    public PointQueries(RepositoryAccess access, PointCatalog points, SnapshotDirectory snapshots)
    {
        _access = access;
        _points = points;
        _snapshots = snapshots;
    }

    /// <summary>Newest first, of one plan or with one node if asked. A damaged one is always shown: nobody knows what it was of.</summary>
    public async Task ListAsync(Wire.ListPointsRequest request, IServerStreamWriter<Wire.RestorePoint> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        int left = request.Limit switch
        {
            0 => ListDefault,
            > 0 and <= ListMax => request.Limit,
            _ => throw new BackupException(FailureCause.InvalidRequest, $"The limit must be between 1 and {ListMax}."),
        };
        try
        {
            using RepositoryLease lease = _access.Enter();
            PointRecords records = await PointRecords.ReadAsync(lease.Repository, context.CancellationToken);
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(context.CancellationToken))
            {
                if (Fits(entry.Manifest, request))
                {
                    await responses.WriteAsync(await ToWireAsync(entry, records, context.CancellationToken), context.CancellationToken);
                    if (--left == 0)
                    {
                        return;
                    }
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    public async Task<Wire.RestorePoint> GetAsync(Wire.GetPointRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        RestorePointEntry entry = await _points.FindAsync(request.PointId, context.CancellationToken);
        try
        {
            using RepositoryLease lease = _access.Enter();
            return await ToWireAsync(entry, await PointRecords.ReadAsync(lease.Repository, context.CancellationToken), context.CancellationToken);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }

    private static bool Fits(RestorePointManifest? point, Wire.ListPointsRequest request) =>
        point is null
        || ((request.Plan.Length == 0 || point.Plan == request.Plan)
            && (request.Node.Length == 0 || point.Sources.Any(s => s.Source.Node == request.Node)));

    private async Task<Wire.RestorePoint> ToWireAsync(RestorePointEntry entry, PointRecords records, CancellationToken cancellationToken)
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
                Wire.Snapshot snapshot = await SnapshotAsync(result, id, cancellationToken);
                if (records.Losses.TryGetValue(id, out SnapshotLoss? loss))
                {
                    // The point shows as damaged by its snapshot, and what is left of it is still listed and restored.
                    snapshot.Damage = loss.Summary;
                }

                snapshot.Drill = records.DrillOf(id, result.Source, point.Id);
                wire.Snapshots.Add(snapshot);
            }
        }

        return wire;
    }

    private async Task<Wire.Snapshot> SnapshotAsync(SourceResult result, SnapshotId id, CancellationToken cancellationToken)
    {
        try
        {
            return await _snapshots.ReadAsync(id, cancellationToken) is { } manifest
                ? PointMapping.ToWire(manifest)
                : PointMapping.Damaged(result.Source, id, "Its manifest is missing in the store.");
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.StoreCorrupt)
        {
            return PointMapping.Damaged(result.Source, id, e.Failure.Message);
        }
    }
}
