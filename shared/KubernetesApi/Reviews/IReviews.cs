using K8sBackup.KubernetesApi.Failures;

namespace K8sBackup.KubernetesApi.Reviews;

/// <summary>Questions to the server about identities and rights. Members throw <see cref="KubernetesException"/>. Thread-safe.</summary>
public interface IReviews
{
    /// <summary>Whose token it is. The token is in no message and no log.</summary>
    Task<TokenReviewStatus> ReviewTokenAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken);

    /// <summary>Whether somebody may do something.</summary>
    Task<SubjectAccessReviewStatus> ReviewAccessAsync(SubjectAccessReviewSpec question, CancellationToken cancellationToken);
}
