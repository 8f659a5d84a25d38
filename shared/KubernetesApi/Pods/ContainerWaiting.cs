namespace K8sBackup.KubernetesApi.Pods;

/// <summary>Not running yet, and why.</summary>
public sealed record ContainerWaiting
{
    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }
}
