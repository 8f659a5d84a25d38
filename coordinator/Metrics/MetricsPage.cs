namespace K8sBackup.Coordinator.Metrics;

/// <summary>Everything that is measured, as it is served.</summary>
public sealed class MetricsPage
{
    private readonly IReadOnlyList<IMetricSource> _sources;

    public MetricsPage(IEnumerable<IMetricSource> sources) => _sources = [.. sources];

    /// <summary>What a coordinator that does not lead has to say.</summary>
    public static MetricsPage Waiting { get; } = new([new ProcessMetrics(leads: false)]);

    /// <summary>The values of now.</summary>
    public string Read() => MetricText.Format(_sources.SelectMany(source => source.Read()));
}
