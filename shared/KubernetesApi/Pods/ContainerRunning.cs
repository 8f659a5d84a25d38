namespace K8sBackup.KubernetesApi.Pods;

/// <summary>Runs.</summary>
public sealed record ContainerRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}
