using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A wish for storage, bound to a volume.</summary>
public sealed record PersistentVolumeClaim : KubernetesObject
{
    public PersistentVolumeClaimSpec Spec { get => field ?? new(); init; }

    public PersistentVolumeClaimStatus Status { get => field ?? new(); init; }
}
