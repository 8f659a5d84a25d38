namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A claim made for this pod, named <c>POD-VOLUME</c> and owned by the pod.</summary>
public sealed record EphemeralVolume
{
    public ClaimTemplate? VolumeClaimTemplate { get; init; }
}
