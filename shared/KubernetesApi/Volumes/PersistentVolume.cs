using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A piece of storage.</summary>
public sealed record PersistentVolume : KubernetesObject
{
    public PersistentVolumeSpec Spec { get => field ?? new(); init; }

    public PersistentVolumeStatus Status { get => field ?? new(); init; }
}
