namespace K8sBackup.KubernetesApi.Pods;

/// <summary>One aspect of a pod's state.</summary>
public sealed record PodCondition
{
    public string Type { get => field ?? ""; init; }

    public string Status { get => field ?? ""; init; }

    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }

    public DateTimeOffset? LastTransitionTime { get; init; }
}
