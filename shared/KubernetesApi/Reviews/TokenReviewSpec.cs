namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>The token, and for whom it must have been made.</summary>
public sealed record TokenReviewSpec
{
    public string Token { get => field ?? ""; init; }

    public IReadOnlyList<string> Audiences { get => field ?? []; init; }

    /// <summary>Never the token.</summary>
    public override string ToString() => $"TokenReviewSpec for {string.Join(", ", Audiences)}";
}
