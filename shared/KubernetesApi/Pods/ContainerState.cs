namespace K8sBackup.KubernetesApi.Pods;

/// <summary>One of the three is set.</summary>
public sealed record ContainerState
{
    public ContainerWaiting? Waiting { get; init; }

    public ContainerRunning? Running { get; init; }

    public ContainerTerminated? Terminated { get; init; }
}
