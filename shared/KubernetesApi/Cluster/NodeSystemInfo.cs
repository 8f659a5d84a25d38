namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>Versions on the node.</summary>
public sealed record NodeSystemInfo
{
    public string KubeletVersion { get => field ?? ""; init; }

    public string OsImage { get => field ?? ""; init; }

    public string KernelVersion { get => field ?? ""; init; }

    public string ContainerRuntimeVersion { get => field ?? ""; init; }

    public string Architecture { get => field ?? ""; init; }
}
