using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>Asks the server who a token belongs to.</summary>
public sealed record TokenReview : KubernetesObject
{
    public TokenReviewSpec Spec { get => field ?? new(); init; }

    public TokenReviewStatus Status { get => field ?? new(); init; }
}
