namespace K8sBackup.Coordinator.Metrics;

/// <summary>A part of the coordinator that can be measured.</summary>
public interface IMetricSource
{
    /// <summary>All values of this moment, from memory: nobody waits for the store here. Any thread.</summary>
    IReadOnlyList<Metric> Read();
}
