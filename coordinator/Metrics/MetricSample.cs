namespace K8sBackup.Coordinator.Metrics;

/// <summary>One value of a metric.</summary>
/// <param name="Value">The value.</param>
/// <param name="Labels">What it is the value of. Few and bounded: never a path, a pod or a node.</param>
public sealed record MetricSample(double Value, params IReadOnlyList<(string Name, string Value)> Labels);
