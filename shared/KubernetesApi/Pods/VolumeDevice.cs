namespace K8sBackup.KubernetesApi.Pods;

/// <summary>Where a container sees a raw block volume.</summary>
public sealed record VolumeDevice
{
    public string Name { get => field ?? ""; init; }

    public string DevicePath { get => field ?? ""; init; }
}
