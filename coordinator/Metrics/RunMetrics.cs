using System.Collections.Concurrent;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>
/// Runs that ended while this process lives, and the newest run of each plan. Plans that are not in force are put together under no name, since
/// Backup objects without a plan may have any.
/// </summary>
public sealed class RunMetrics : IMetricSource
{
    private static readonly (RunState State, string Word)[] RunOutcomes =
    [
        (RunState.Completed, "completed"), (RunState.PartiallyFailed, "partially_failed"), (RunState.Failed, "failed"), (RunState.Cancelled, "cancelled"),
    ];

    private static readonly (SourceState State, string Word)[] SourceOutcomes =
    [
        (SourceState.Completed, "completed"), (SourceState.PartiallyFailed, "partially_failed"), (SourceState.Failed, "failed"), (SourceState.Cancelled, "cancelled"),
    ];

    private readonly RunStore _runs;
    private readonly IPlans _plans;
    private readonly ConcurrentDictionary<(string Plan, RunState Outcome), long> _ended = new();
    private readonly ConcurrentDictionary<(SourceKind Kind, SourceState Outcome), long> _sources = new();
    private readonly ConcurrentDictionary<SourceKind, SnapshotCounts> _counts = new();

    public RunMetrics(RunStore runs, IPlans plans)
    {
        ArgumentNullException.ThrowIfNull(runs);
        _runs = runs;
        _plans = plans;
        runs.Ended += Count;
    }

    public IReadOnlyList<Metric> Read()
    {
        string[] plans = PlanNames();
        IReadOnlyList<RunRecord> runs = _runs.List();
        RunRecord[] newest = [.. runs.Where(run => run.IsOver && plans.Contains(run.Plan)).DistinctBy(run => run.Plan)];
        return
        [
            Metric.Gauge("k8sbackup_runs_active", "Runs that go on.", new MetricSample(runs.Count(run => !run.IsOver))),
            Metric.Counter("k8sbackup_runs_total", "Runs that ended, by plan and outcome.", [.. plans.Append("").SelectMany(OutcomesOf)]),
            Metric.Gauge("k8sbackup_last_run_timestamp_seconds", "When the newest run of a plan ended.", OfPlans(newest, run => Seconds(run.FinishedAt ?? run.StartedAt))),
            Metric.Gauge("k8sbackup_last_run_duration_seconds", "How long the newest run of a plan took.", OfPlans(newest, run => ((run.FinishedAt ?? run.StartedAt) - run.StartedAt).TotalSeconds)),
            Metric.Gauge("k8sbackup_last_run_success", "1 when the newest run of a plan has everything the plan asks for.", OfPlans(newest, run => run.State == RunState.Completed ? 1 : 0)),
            Metric.Counter(
                "k8sbackup_sources_total",
                "Sources of runs that ended, by kind and outcome.",
                [.. Kinds.SelectMany(kind => SourceOutcomes.Select(o => new MetricSample(_sources.GetValueOrDefault((kind, o.State)), Kind(kind), ("outcome", o.Word))))]),
            Metric.Counter("k8sbackup_entries_total", "Files, directories and others in snapshots that were made.", OfKinds(c => c.Entries)),
            Metric.Counter("k8sbackup_entries_failed_total", "Entries that could not be read or vanished.", OfKinds(c => c.Failed)),
            Metric.Counter("k8sbackup_entries_changed_total", "Entries that changed while they were read.", OfKinds(c => c.Changed)),
            Metric.Counter("k8sbackup_snapshot_bytes_total", "Size of what snapshots hold, whether it was there before or not.", OfKinds(c => c.FileBytes)),
            Metric.Counter("k8sbackup_sent_bytes_total", "What agents read and sent, before compression.", OfKinds(c => c.SentBytes)),
            Metric.Counter("k8sbackup_stored_bytes_total", "What snapshots added to the store.", OfKinds(c => c.StoredBytes)),
        ];
    }

    internal static IReadOnlyList<SourceKind> Kinds { get; } = Enum.GetValues<SourceKind>();

    internal static (string Name, string Value) Kind(SourceKind kind) => ("kind", SourceKey.KindName(kind));

    internal static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    private string[] PlanNames() => [.. _plans.Current.Plans.Select(plan => plan.Name)];

    private IEnumerable<MetricSample> OutcomesOf(string plan) =>
        RunOutcomes.Select(o => new MetricSample(_ended.GetValueOrDefault((plan, o.State)), ("plan", plan), ("outcome", o.Word)));

    private static IReadOnlyList<MetricSample> OfPlans(IEnumerable<RunRecord> runs, Func<RunRecord, double> value) =>
        [.. runs.Select(run => new MetricSample(value(run), ("plan", run.Plan)))];

    private IReadOnlyList<MetricSample> OfKinds(Func<SnapshotCounts, long> value) =>
        [.. Kinds.Select(kind => new MetricSample(value(_counts.GetValueOrDefault(kind, SnapshotCounts.Zero)), Kind(kind)))];

    private void Count(RunRecord run)
    {
        string plan = PlanNames().Contains(run.Plan) ? run.Plan : "";
        _ended.AddOrUpdate((plan, run.State), 1, (_, n) => n + 1);
        foreach (RunSource source in run.Sources)
        {
            _sources.AddOrUpdate((source.Source.Kind, source.State), 1, (_, n) => n + 1);
            if (source.Counts is { } counts)
            {
                _counts.AddOrUpdate(source.Source.Kind, counts, (_, sum) => Sum(sum, counts));
            }
        }
    }

    private static SnapshotCounts Sum(SnapshotCounts left, SnapshotCounts right) => new()
    {
        Entries = left.Entries + right.Entries,
        Files = left.Files + right.Files,
        FileBytes = left.FileBytes + right.FileBytes,
        SentBytes = left.SentBytes + right.SentBytes,
        StoredBytes = left.StoredBytes + right.StoredBytes,
        Failed = left.Failed + right.Failed,
        Changed = left.Changed + right.Changed,
    };
}
