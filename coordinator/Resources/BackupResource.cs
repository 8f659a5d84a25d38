using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>One backup as an object of the cluster: the wish for it, and how its run is doing.</summary>
public sealed record BackupResource : KubernetesObject
{
    public BackupSpec Spec { get => field ?? new(); init; }

    public BackupStatus Status { get => field ?? new(); init; }
}
