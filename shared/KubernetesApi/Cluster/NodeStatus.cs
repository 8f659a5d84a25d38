using K8sBackup.KubernetesApi.Pods;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>What the node says of itself.</summary>
public sealed record NodeStatus
{
    public IReadOnlyList<PodCondition> Conditions { get => field ?? []; init; }

    public IReadOnlyList<NodeAddress> Addresses { get => field ?? []; init; }

    public NodeSystemInfo? NodeInfo { get; init; }
}
