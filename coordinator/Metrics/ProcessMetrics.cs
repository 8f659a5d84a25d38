using System.Reflection;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>Which program this is, and whether it leads.</summary>
public sealed class ProcessMetrics : IMetricSource
{
    private readonly bool _leads;

    public ProcessMetrics(bool leads) => _leads = leads;

    private static string Version =>
        typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    public IReadOnlyList<Metric> Read() =>
    [
        Metric.Gauge("k8sbackup_build_info", "1, for the version that runs.", new MetricSample(1, ("version", Version))),
        Metric.Gauge("k8sbackup_leader", "1 for the coordinator that leads and has started, 0 for one that waits.", new MetricSample(_leads ? 1 : 0)),
    ];
}
