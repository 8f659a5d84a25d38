using K8sBackup.Coordinator.Catalog;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>Whether what is kept was found sound, and space comes back.</summary>
public sealed class MaintenanceMetrics : IMetricSource
{
    private readonly MaintenanceOutcomes _outcomes;

    public MaintenanceMetrics(MaintenanceOutcomes outcomes) => _outcomes = outcomes;

    public IReadOnlyList<Metric> Read()
    {
        (DateTimeOffset At, long Problems)? check = _outcomes.Check;
        (DateTimeOffset At, int Obstacles)? prune = _outcomes.Prune;
        return
        [
            Metric.Gauge("k8sbackup_check_timestamp_seconds", "When the last check of this process ended; 0 before.", Time(check?.At)),
            Metric.Gauge("k8sbackup_check_problems", "What it found damaged or missing.", new MetricSample(check?.Problems ?? 0)),
            Metric.Gauge("k8sbackup_prune_timestamp_seconds", "When the last prune of this process ended; 0 before.", Time(prune?.At)),
            Metric.Gauge("k8sbackup_prune_obstacles", "What kept it from doing all it should, and does not pass by itself.", new MetricSample(prune?.Obstacles ?? 0)),
        ];

        static MetricSample Time(DateTimeOffset? time) => new(time?.ToUnixTimeSeconds() ?? 0);
    }
}
