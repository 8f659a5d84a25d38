namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>The answer.</summary>
public sealed record SubjectAccessReviewStatus
{
    public bool Allowed { get; init; }

    public bool Denied { get; init; }

    public string Reason { get => field ?? ""; init; }

    public string EvaluationError { get => field ?? ""; init; }
}
