namespace K8sBackup.Coordinator.Metrics;

/// <summary>One thing that is measured, with all its values. The name ends in its unit, that of a counter in <c>_total</c>.</summary>
public sealed record Metric(string Name, MetricKind Kind, string Help, IReadOnlyList<MetricSample> Samples)
{
    public static Metric Gauge(string name, string help, params IReadOnlyList<MetricSample> samples) => new(name, MetricKind.Gauge, help, samples);

    public static Metric Counter(string name, string help, params IReadOnlyList<MetricSample> samples) => new(name, MetricKind.Counter, help, samples);
}
