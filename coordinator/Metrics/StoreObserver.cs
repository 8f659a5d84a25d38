using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>
/// Reads now and then what only the store knows, so that being scraped costs nothing. Start: at once; stop: between two objects; a store that
/// cannot be read leaves what was known.
/// </summary>
public sealed class StoreObserver : BackgroundService
{
    // Of a plan that never succeeded the whole history is read, up to a bound.
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    private readonly RepositoryAccess _access;
    private readonly IPlans _plans;
    private readonly CoverageSurvey _coverage;
    private readonly DrillDirectory _drills;
    private readonly TimeProvider _clock;
    private readonly ILogger<StoreObserver> _log;
    private long _failures;
    private volatile StoreFacts? _facts;

    public StoreObserver(RepositoryAccess access, IPlans plans, CoverageSurvey coverage, DrillDirectory drills, TimeProvider clock, ILogger<StoreObserver> log)
    {
        _access = access;
        _plans = plans;
        _coverage = coverage;
        _drills = drills;
        _clock = clock;
        _log = log;
    }

    /// <summary>What was read last; null before the first time.</summary>
    public StoreFacts? Facts => _facts;

    /// <summary>Times it could not be read.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Reads everything now.</summary>
    public async Task ObserveAsync(CancellationToken cancellationToken)
    {
        try
        {
            DateTimeOffset at = _clock.GetUtcNow();
            IReadOnlyDictionary<(string Plan, SourceKind Kind), DateTimeOffset> lastGood = await LastGoodAsync(cancellationToken);
            Dictionary<(CoverageKind Kind, CoverageState State), int> coverage = (await _coverage.TakeAsync(cancellationToken))
                .GroupBy(item => (item.Subject.Kind, item.State)).ToDictionary(group => group.Key, group => group.Count());
            Dictionary<SourceKind, DrillRecord> drills = (await _drills.NewestAsync(cancellationToken)).Values
                .Select(entry => entry.Record).OfType<DrillRecord>()
                .GroupBy(record => record.Source.Kind).ToDictionary(group => group.Key, group => group.MaxBy(record => record.Id)!);
            _facts = new StoreFacts(at, lastGood, coverage, drills);
        }
        catch (BackupException e)
        {
            Interlocked.Increment(ref _failures);
            MetricsLog.NotObserved(_log, e.Failure.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, _clock);
        do
        {
            await ObserveAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // Newest first, until every kind of every plan is found.
    private async Task<IReadOnlyDictionary<(string Plan, SourceKind Kind), DateTimeOffset>> LastGoodAsync(CancellationToken cancellationToken)
    {
        HashSet<(string Plan, SourceKind Kind)> wanted = [.. PlanKinds.Of(_plans.Current)];
        Dictionary<(string Plan, SourceKind Kind), DateTimeOffset> found = [];
        try
        {
            using RepositoryLease lease = _access.Enter();
            int seen = 0;
            await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(cancellationToken))
            {
                if (entry.Manifest is { } point)
                {
                    foreach (IGrouping<SourceKind, SourceResult> kind in point.Sources.GroupBy(source => source.Source.Kind))
                    {
                        if (kind.All(s => s is { Snapshot: not null, Outcome: SnapshotOutcome.Completed }) && !point.AfterChange && wanted.Remove((point.Plan, kind.Key)))
                        {
                            found[(point.Plan, kind.Key)] = point.StartedAt;
                        }
                    }
                }

                if (wanted.Count == 0 || ++seen == LastGoodFinder.PointsMax)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }

        return found;
    }
}
