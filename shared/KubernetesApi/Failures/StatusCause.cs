namespace K8sBackup.KubernetesApi.Failures;

/// <summary>One field of a refused object and what is wrong with it.</summary>
public sealed record StatusCause
{
    public string Reason { get => field ?? ""; init; }

    public string Message { get => field ?? ""; init; }

    public string Field { get => field ?? ""; init; }
}
