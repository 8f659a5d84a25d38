namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>An NFS export.</summary>
public sealed record NfsVolume
{
    public string Server { get => field ?? ""; init; }

    public string Path { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }
}
