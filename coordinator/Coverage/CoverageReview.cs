using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Outcomes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>
/// Reviews what is protected again and again, for the status of plans: soon after a plan changed or a run ended, and every
/// <see cref="Interval"/> since pods and claims come and go. The store is read for it after those two events, and otherwise every
/// <see cref="StoreInterval"/>. Stop: at any time; nothing is kept.
/// </summary>
public sealed class CoverageReview : BackgroundService
{
    /// <summary>How old a review may become while nothing is known to have changed.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>How old the knowledge of snapshots may become: a prune deletes some without a run.</summary>
    public static readonly TimeSpan StoreInterval = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly IPlans _plans;
    private readonly NodeRegistry _nodes;
    private readonly RunStore _runs;
    private readonly ILastGood _lastGood;
    private readonly IClusterView? _cluster;
    private readonly TimeProvider _clock;
    private readonly ILogger<CoverageReview> _log;
    private readonly Pause _patience;
    private volatile IReadOnlyDictionary<string, PlanReview> _current = new Dictionary<string, PlanReview>();
    private IReadOnlyDictionary<CoverageKey, LastGood> _found = new Dictionary<CoverageKey, LastGood>();
    private (PlanSet Plans, DateTimeOffset? LastEnd)? _seen;
    private Pause _reviewed;
    private Pause _read;
    private string _trouble = "";

    public CoverageReview(IPlans plans, NodeRegistry nodes, RunStore runs, ILastGood lastGood, TimeProvider clock, ILogger<CoverageReview> log, IClusterView? cluster = null)
    {
        _plans = plans;
        _nodes = nodes;
        _runs = runs;
        _lastGood = lastGood;
        _clock = clock;
        _patience = new Pause(clock, Interval);
        _log = log;
        _cluster = cluster;
    }

    /// <summary>The last review of a plan; null when there was none yet. From any thread.</summary>
    public PlanReview? Of(string plan) => _current.GetValueOrDefault(plan);

    /// <summary>One look, with a review when one is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        (PlanSet Plans, DateTimeOffset? LastEnd) seen = (_plans.Current, _runs.List().Max(run => run.FinishedAt));
        bool isNews = _seen != seen;
        ClusterState? cluster = _cluster?.Current;
        bool isUnknown = _cluster is not null && cluster is null;
        // Right after a start the API's first answers are still on their way.
        if ((!isNews && !_reviewed.IsOver) || (isUnknown && !_patience.IsOver))
        {
            return;
        }

        PlanReviews reviews = new([.. seen.Plans.Plans], _nodes.Nodes, cluster);
        if (isNews || _read.IsOver)
        {
            await ReadAsync(reviews.Keys, cancellationToken);
        }

        _current = reviews.With(_found, isUnknown ? "The cluster's API has not answered yet, so that nothing is known of pods and their volumes." : _trouble);
        (_seen, _reviewed) = (seen, new Pause(_clock, Interval));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(LookInterval, _clock);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The boundary of a review: nothing else is to suffer from it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                CoverageLog.Defect(_log, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // Without the store what was found before stands, and it is said so.
    private async Task ReadAsync(IReadOnlyCollection<CoverageKey> keys, CancellationToken cancellationToken)
    {
        try
        {
            _found = await _lastGood.FindAsync(keys, cancellationToken);
            (_trouble, _read) = ("", new Pause(_clock, StoreInterval));
        }
        catch (BackupException e)
        {
            (_trouble, _read) = ($"The store cannot be read: {e.Failure.Message}", new Pause(_clock, Interval));
            CoverageLog.NotRead(_log, e.Failure.Message);
        }
    }
}
