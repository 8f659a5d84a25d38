namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A disk or directory of one node.</summary>
public sealed record LocalVolume
{
    public string Path { get => field ?? ""; init; }

    public string? FsType { get; init; }
}
