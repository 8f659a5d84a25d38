namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A container image as a read-only volume.</summary>
public sealed record ImageVolume
{
    public string Reference { get => field ?? ""; init; }
}
