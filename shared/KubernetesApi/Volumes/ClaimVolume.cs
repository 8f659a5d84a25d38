namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A claim of the pod's namespace.</summary>
public sealed record ClaimVolume
{
    public string ClaimName { get => field ?? ""; init; }

    public bool ReadOnly { get; init; }
}
