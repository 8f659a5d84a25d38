using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Volumes;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>What is known of a cluster's pods and volumes at one moment, and how old that is.</summary>
public sealed record ClusterState
{
    public IReadOnlyCollection<Pod> Pods { get; init; } = [];

    public IReadOnlyCollection<PersistentVolumeClaim> Claims { get; init; } = [];

    public IReadOnlyCollection<PersistentVolume> Volumes { get; init; } = [];

    public IReadOnlyCollection<Namespace> Namespaces { get; init; } = [];

    /// <summary>Names of the cluster's nodes.</summary>
    public IReadOnlyCollection<string> Nodes { get; init; } = [];

    /// <summary>How long ago the API last said that this is how things are; of the oldest part.</summary>
    public TimeSpan Age { get; init; }
}
