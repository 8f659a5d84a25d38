namespace K8sBackup.Coordinator.Volumes;

/// <summary>Knows the cluster as the API last described it, also while the API is away.</summary>
public interface IClusterView
{
    /// <summary>The state; null before the API answered for the first time.</summary>
    ClusterState? Current { get; }
}
