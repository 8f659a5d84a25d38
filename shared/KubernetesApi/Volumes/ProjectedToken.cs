namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>A token of the pod's service account.</summary>
public sealed record ProjectedToken
{
    public string Audience { get => field ?? ""; init; }

    public string Path { get => field ?? ""; init; }

    public long? ExpirationSeconds { get; init; }
}
