using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>A machine of the cluster.</summary>
public sealed record Node : KubernetesObject
{
    public NodeSpec Spec { get => field ?? new(); init; }

    public NodeStatus Status { get => field ?? new(); init; }
}
