namespace K8sBackup.Coordinator.Metrics;

/// <summary>How the values of a metric are to be read.</summary>
public enum MetricKind
{
    /// <summary>The value of now.</summary>
    Gauge = 1,

    /// <summary>Only grows while the process lives, and begins again at 0.</summary>
    Counter = 2,
}
