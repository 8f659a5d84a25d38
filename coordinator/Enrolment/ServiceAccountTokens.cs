using K8sBackup.Coordinator.Kubernetes;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Reviews;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>
/// Agents in a cluster enrol with a projected token of their service account. The API server says whose it is and which pod it is bound
/// to; the account is the role, and the pod's node is the node: whoever has one node has the tokens of the pods on it and of no other.
/// Thread-safe.
/// </summary>
public sealed class ServiceAccountTokens
{
    private const string PodNameClaim = "authentication.kubernetes.io/pod-name";
    private const string PodUidClaim = "authentication.kubernetes.io/pod-uid";
    private const string NodeNameClaim = "authentication.kubernetes.io/node-name";

    // A kubelet cannot give its own node this label (NodeRestriction).
    private const string ControlPlaneLabel = "node-role.kubernetes.io/control-plane";

    private readonly IReviews _reviews;
    private readonly IResourceReader _reader;
    private readonly string _namespace;
    private readonly ServiceAccountOptions _options;

    public ServiceAccountTokens(IReviews reviews, IResourceReader reader, string ns, ServiceAccountOptions options)
    {
        _reviews = reviews;
        _reader = reader;
        _namespace = ns;
        _options = options;
    }

    /// <summary>Judges a token presented for a node.</summary>
    /// <exception cref="KubernetesApi.Failures.KubernetesException">The API server cannot be asked.</exception>
    public async Task<TokenVerdict> JudgeAsync(string token, string node, CancellationToken cancellationToken)
    {
        TokenReviewStatus review = await _reviews.ReviewTokenAsync(token, [_options.Audience], cancellationToken);
        // A server that does not know of audiences names none, and would accept a token made for anybody.
        if (!review.Authenticated || !review.Audiences.Contains(_options.Audience))
        {
            return TokenVerdict.Refused(TokenRefusal.NotAuthenticated);
        }

        if (RoleOf(review.User.Username) is not { } role)
        {
            return TokenVerdict.Refused(TokenRefusal.OtherAccount);
        }

        (string name, string uid, string nodeClaim) = (Claim(review, PodNameClaim), Claim(review, PodUidClaim), Claim(review, NodeNameClaim));
        if (name.Length == 0 || uid.Length == 0)
        {
            return TokenVerdict.Refused(TokenRefusal.NotBound);
        }

        Pod? pod = await _reader.FindAsync(KubernetesTypes.Pods, new ResourceName(_namespace, name), cancellationToken);
        if (pod is null || pod.Metadata.Uid != uid)
        {
            return TokenVerdict.Refused(TokenRefusal.PodGone, name);
        }

        // Servers before 1.30 put no node into tokens; the pod knows it in any case, and cannot move.
        if (pod.Spec.NodeName != node || (nodeClaim.Length > 0 && nodeClaim != node))
        {
            return TokenVerdict.Refused(TokenRefusal.OtherNode, name);
        }

        return role == Role.ControlPlane && !await IsControlPlaneAsync(node, cancellationToken)
            ? TokenVerdict.Refused(TokenRefusal.NotControlPlane, name)
            : TokenVerdict.Accepted(role, name);
    }

    private static string Claim(TokenReviewStatus review, string name) =>
        review.User.Extra.TryGetValue(name, out IReadOnlyList<string>? values) && values.Count == 1 ? values[0] : "";

    private Role? RoleOf(string username)
    {
        string prefix = $"system:serviceaccount:{_namespace}:";
        string account = username.StartsWith(prefix, StringComparison.Ordinal) ? username[prefix.Length..] : "";
        return account == _options.ControlPlaneServiceAccount ? Role.ControlPlane
            : account == _options.WorkerServiceAccount ? Role.Worker
            : null;
    }

    private async Task<bool> IsControlPlaneAsync(string node, CancellationToken cancellationToken)
    {
        Node? found = await _reader.FindAsync(KubernetesTypes.Nodes, ResourceName.OfCluster(node), cancellationToken);
        return found?.Metadata.Labels.ContainsKey(ControlPlaneLabel) == true;
    }
}
