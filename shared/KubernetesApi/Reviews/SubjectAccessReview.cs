using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>Asks the server whether somebody may do something.</summary>
public sealed record SubjectAccessReview : KubernetesObject
{
    public SubjectAccessReviewSpec Spec { get => field ?? new(); init; }

    public SubjectAccessReviewStatus Status { get => field ?? new(); init; }
}
