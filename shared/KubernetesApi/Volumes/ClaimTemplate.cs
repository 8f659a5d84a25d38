using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>The claim an ephemeral volume makes.</summary>
public sealed record ClaimTemplate
{
    public ObjectMeta Metadata { get => field ?? new(); init; }

    public PersistentVolumeClaimSpec Spec { get => field ?? new(); init; }
}
