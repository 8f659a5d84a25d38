namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>The answer: whose token it is.</summary>
public sealed record TokenReviewStatus
{
    public bool Authenticated { get; init; }

    public ReviewedUser User { get => field ?? new(); init; }

    /// <summary>Those of the asked-for audiences the token is good for. A server that leaves this empty did not check audiences.</summary>
    public IReadOnlyList<string> Audiences { get => field ?? []; init; }

    public string Error { get => field ?? ""; init; }
}
