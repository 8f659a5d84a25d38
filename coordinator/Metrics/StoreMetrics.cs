using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.ObjectStore.Measuring;
using K8sBackup.ObjectStore.Opening;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>What the store was asked and how it answered, and what it holds as far as that is known without asking.</summary>
public sealed class StoreMetrics : IMetricSource
{
    private readonly OpenedStore _store;
    private readonly IRepositoryFacts _facts;

    public StoreMetrics(OpenedStore store, IRepositoryFacts facts)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _facts = facts;
    }

    public IReadOnlyList<Metric> Read()
    {
        IReadOnlyDictionary<string, OperationStatistics> calls = _store.Meter.Snapshot();
        return
        [
            ByOperation("k8sbackup_store_calls_total", "Calls of the store that ended.", s => s.Calls),
            ByOperation("k8sbackup_store_failures_total", "Calls of the store that ended with an error, after all attempts.", s => s.Failures),
            ByOperation("k8sbackup_store_retries_total", "Attempts after the first.", s => s.Retries),
            ByOperation("k8sbackup_store_call_seconds_total", "Time of all calls together, attempts and pauses included.", s => s.TotalTime.TotalSeconds),
            Metric.Counter(
                "k8sbackup_store_bytes_total",
                "Content written to and read from the store.",
                new MetricSample(calls.Values.Sum(s => s.BytesSent), ("direction", "written")),
                new MetricSample(calls.Values.Sum(s => s.BytesReceived), ("direction", "read"))),
            Metric.Gauge(
                "k8sbackup_store_clock_offset_seconds",
                "How far the store's clock is ahead of the coordinator's; 0 when the store says no time.",
                new MetricSample((_store.ClockAhead ?? TimeSpan.Zero).TotalSeconds)),
            Metric.Gauge("k8sbackup_store_objects", "Objects in the store when they were counted last; 0 before.", new MetricSample(_facts.Objects)),
            Metric.Gauge("k8sbackup_repository_chunks", "Chunks in the index.", new MetricSample(_facts.Chunks)),
        ];

        Metric ByOperation(string name, string help, Func<OperationStatistics, double> value) =>
            Metric.Counter(name, help, [.. calls.Select(call => new MetricSample(value(call.Value), ("operation", call.Key)))]);
    }
}
