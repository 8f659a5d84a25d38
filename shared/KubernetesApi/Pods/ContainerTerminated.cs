namespace K8sBackup.KubernetesApi.Pods;

/// <summary>Ended.</summary>
public sealed record ContainerTerminated
{
    public int ExitCode { get; init; }

    public int? Signal { get; init; }

    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}
