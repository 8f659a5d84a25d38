namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Keys of a ConfigMap as files.</summary>
public sealed record ConfigMapVolume
{
    public string Name { get => field ?? ""; init; }

    public bool? Optional { get; init; }
}
