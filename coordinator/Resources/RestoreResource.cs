using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>A restore as an object of the cluster.</summary>
public sealed record RestoreResource : KubernetesObject
{
    public RestoreSpec Spec { get => field ?? new(); init; }

    public RestoreStatus Status { get => field ?? new(); init; }
}
