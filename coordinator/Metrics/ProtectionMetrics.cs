using System.Text.Json;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>What could be restored now: how old it is, what is not protected, and whether a restore was rehearsed.</summary>
public sealed class ProtectionMetrics : IMetricSource
{
    private readonly StoreObserver _store;
    private readonly RunStore _runs;
    private readonly IPlans _plans;

    public ProtectionMetrics(StoreObserver store, RunStore runs, IPlans plans)
    {
        _store = store;
        _runs = runs;
        _plans = plans;
    }

    public IReadOnlyList<Metric> Read() =>
    [
        Metric.Counter("k8sbackup_observation_failures_total", "Times the store could not be read for these metrics.", new MetricSample(_store.Failures)),
        .. _store.Facts is { } facts ? Of(facts) : [],
    ];

    private IEnumerable<Metric> Of(StoreFacts facts) =>
    [
        Metric.Gauge("k8sbackup_observation_timestamp_seconds", "When coverage and drills were read from the store.", new MetricSample(RunMetrics.Seconds(facts.At))),
        Metric.Gauge("k8sbackup_last_good_timestamp_seconds", "When the newest run of a plan began that has all its sources of a kind; 0 for none.", LastGood(facts)),
        Metric.Gauge(
            "k8sbackup_coverage",
            "How much there is to protect, by kind and whether it is.",
            [.. from kind in Enum.GetValues<CoverageKind>() from state in Enum.GetValues<CoverageState>()
                select new MetricSample(facts.Coverage.GetValueOrDefault((kind, state)), ("kind", Word(kind)), ("state", state.ToString().ToLowerInvariant()))]),
        Metric.Gauge("k8sbackup_drill_success", "1 when the newest drill of a kind passed.", OfDrills(facts, drill => drill.Passed ? 1 : 0)),
        Metric.Gauge("k8sbackup_drill_timestamp_seconds", "When the newest drill of a kind ended.", OfDrills(facts, drill => RunMetrics.Seconds(drill.EndedAt))),
        Metric.Gauge("k8sbackup_drill_recovery_seconds", "Time to recover that the newest drill of a kind measured.", OfDrills(facts, TimeToRecover)),
    ];

    // A run that ended since the store was read is known from its record.
    private IReadOnlyList<MetricSample> LastGood(StoreFacts facts)
    {
        ILookup<string, RunRecord> runs = _runs.List().Where(run => run is { PointCommitted: true, AfterChange: false }).ToLookup(run => run.Plan);
        return [.. PlanKinds.Of(_plans.Current).Select(pair => new MetricSample(At(pair), ("plan", pair.Plan), RunMetrics.Kind(pair.Kind)))];

        double At((string Plan, SourceKind Kind) pair)
        {
            RunRecord? good = runs[pair.Plan].FirstOrDefault(run => IsGood(run, pair.Kind));
            double read = facts.LastGood.TryGetValue(pair, out DateTimeOffset at) ? RunMetrics.Seconds(at) : 0;
            return Math.Max(read, good is null ? 0 : RunMetrics.Seconds(good.StartedAt));
        }
    }

    private static bool IsGood(RunRecord run, SourceKind kind)
    {
        RunSource[] sources = [.. run.Sources.Where(source => source.Source.Kind == kind)];
        return sources.Length > 0 && sources.All(source => source.State == SourceState.Completed);
    }

    private static IReadOnlyList<MetricSample> OfDrills(StoreFacts facts, Func<DrillRecord, double?> value) =>
    [
        .. from drill in facts.Drills.OrderBy(d => d.Key)
           let measured = value(drill.Value)
           where measured is not null
           select new MetricSample(measured.Value, RunMetrics.Kind(drill.Key)),
    ];

    private static double? TimeToRecover(DrillRecord drill) =>
        drill.Etcd?.TimeToRecover.TotalSeconds ?? drill.Files?.Restoring.TotalSeconds;

    // HostPath is host_path: each kind has its own word, also one that is new.
    private static string Word(CoverageKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());
}
