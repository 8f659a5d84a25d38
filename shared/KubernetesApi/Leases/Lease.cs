using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Leases;

/// <summary>Who does something, and until when unless they say so again.</summary>
public sealed record Lease : KubernetesObject
{
    public LeaseSpec Spec { get => field ?? new(); init; }
}
