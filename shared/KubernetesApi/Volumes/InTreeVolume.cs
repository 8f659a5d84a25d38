namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A volume of a plug-in that was built into Kubernetes; only that it is one matters.</summary>
public sealed record InTreeVolume
{
    public string FsType { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }
}
