using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>A namespace.</summary>
public sealed record Namespace : KubernetesObject
{
    public NamespaceStatus Status { get => field ?? new(); init; }
}
