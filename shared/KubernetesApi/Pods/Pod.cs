using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Pods;

/// <summary>A pod: what runs in it, what volumes it has, and on which node.</summary>
public sealed record Pod : KubernetesObject
{
    public PodSpec Spec { get => field ?? new(); init; }

    public PodStatus Status { get => field ?? new(); init; }
}
