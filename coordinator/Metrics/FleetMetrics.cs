using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Volumes;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>How many agents there should be, and are.</summary>
public sealed class FleetMetrics : IMetricSource
{
    private readonly NodeRegistry _nodes;
    private readonly IClusterView? _cluster;

    public FleetMetrics(NodeRegistry nodes, IClusterView? cluster = null)
    {
        _nodes = nodes;
        _cluster = cluster;
    }

    public IReadOnlyList<Metric> Read()
    {
        int expected = _nodes.Nodes.Select(n => n.Name).Union(_cluster?.Current?.Nodes ?? [], StringComparer.Ordinal).Count();
        return
        [
            Metric.Gauge("k8sbackup_agents_expected", "Nodes whose agent enrolled once, and nodes of the cluster.", new MetricSample(expected)),
            Metric.Gauge("k8sbackup_agents_connected", "Agents that are connected.", new MetricSample(_nodes.ConnectedCount)),
        ];
    }
}
