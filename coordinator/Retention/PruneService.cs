using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Pruning;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Retention;

/// <summary>Prunes by the plans' retention, for the schedule and for operators. One at a time, and not beside a check.</summary>
public sealed class PruneService
{
    private static readonly TimeSpan EndedLately = TimeSpan.FromDays(1);

    private readonly RepositoryAccess _access;
    private readonly RetentionReview _review;
    private readonly SnapshotDirectory _snapshots;
    private readonly RunStore _runs;
    private readonly MaintenanceGate _gate;
    private readonly MaintenanceOutcomes _outcomes;
    private readonly UploadServices _uploads;
    private readonly TimeProvider _clock;
    private readonly ILogger<PruneService> _log;

    public PruneService(
        RepositoryAccess access,
        RetentionReview review,
        SnapshotDirectory snapshots,
        RunStore runs,
        MaintenanceGate gate,
        MaintenanceOutcomes outcomes,
        UploadServices uploads,
        TimeProvider clock,
        ILogger<PruneService> log)
    {
        _access = access;
        _review = review;
        _snapshots = snapshots;
        _runs = runs;
        _gate = gate;
        _outcomes = outcomes;
        _uploads = uploads;
        _clock = clock;
        _log = log;
    }

    /// <summary>Prunes, or only says what would be done.</summary>
    /// <param name="order">What is wanted.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it between two objects; the next prune goes on.</param>
    /// <exception cref="BackupException">TargetInUse, StoreUnavailable, StoreCorrupt.</exception>
    public async Task<PruneReport> RunAsync(PruneOrder order, IProgress<PruneProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(order);
        using IDisposable turn = _gate.Enter("a prune");
        using RepositoryLease lease = await _access.EnterToWriteAsync(cancellationToken);
        try
        {
            progress?.Report(new PruneProgress("reviewing", 0, 0, 0));
            IReadOnlyList<ReviewedPoint> points = await _review.ReviewAsync(cancellationToken);
            PruneRequest request = new()
            {
                Expired = [.. points.Where(p => !p.Stays && order.Allows(p.Id)).Select(p => p.Id)],
                IsGoingOn = IsGoingOn,
                AlsoLive = token => UploadLedger.ReadAllAsync(_uploads.LedgerDirectory, token),
                TrustClock = order.TrustClock,
            };
            RepositoryPruner pruner = new(lease.Writer, order.Options, _clock);
            if (!order.Execute)
            {
                return await pruner.PlanAsync(request, progress, cancellationToken);
            }

            RetentionLog.Began(_log, order.Who);
            PruneReport report = await pruner.RunAsync(request, progress, cancellationToken);
            _outcomes.Note(report);
            _snapshots.Forget(report.Snapshots);
            Log(report);
            return report;
        }
        catch (PruneBusyException e)
        {
            throw new BackupException(FailureCause.TargetInUse, e.Message, e);
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    /// <summary>Compacts the index when uploads have made many segments.</summary>
    /// <exception cref="BackupException">The store fails; TargetInUse beside a check, which would miss the old segments.</exception>
    public async Task CompactAsync(CancellationToken cancellationToken)
    {
        using IDisposable turn = _gate.Enter("a compaction");
        using RepositoryLease lease = await _access.EnterToWriteAsync(cancellationToken);
        try
        {
            int segments = await IndexCompactor.CountAsync(lease.Writer, cancellationToken);
            if (segments > IndexCompactor.SegmentsMax)
            {
                RetentionLog.Compacted(_log, segments, await IndexCompactor.RunAsync(lease.Writer, cancellationToken));
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw lease.Translate(e);
        }
    }

    // A run that ended just now has a restore point that the store may list late.
    private bool IsGoingOn(RunId id) =>
        _runs.Find(id) is { } run && (!run.IsOver || run.FinishedAt is not { } finished || finished > _clock.GetUtcNow() - EndedLately);

    private void Log(PruneReport report)
    {
        foreach (PruneObstacle obstacle in report.Obstacles)
        {
            if (obstacle.Kind == PruneObstacleKind.Clock)
            {
                RetentionLog.ClockNotTrusted(_log, obstacle.Detail);
            }
            else
            {
                RetentionLog.Obstacle(_log, obstacle.Kind.ToString(), obstacle.Detail);
            }
        }

        RetentionLog.Ended(
            _log,
            report.RestorePoints.Count,
            report.Snapshots.Count,
            report.Deleted.Packs,
            report.Deleted.Bytes,
            report.Condemned.Packs,
            report.Condemned.Bytes,
            report.Rescued.Packs);
        if (report.RetentionExtended > 0)
        {
            RetentionLog.Extended(_log, report.RetentionExtended);
        }
    }
}
