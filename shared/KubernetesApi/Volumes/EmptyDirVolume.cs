using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A directory that lives as long as the pod.</summary>
public sealed record EmptyDirVolume
{
    /// <summary>Empty for the node's disk, Memory, or HugePages and a size.</summary>
    public string Medium { get => field ?? ""; init; }

    public Quantity? SizeLimit { get; init; }
}
