namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A path of the node.</summary>
public sealed record HostPathVolume
{
    public string Path { get => field ?? ""; init; }

    public string Type { get => field ?? ""; init; }
}
