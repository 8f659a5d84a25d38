using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Rotation;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.Logging;
using Role = K8sBackup.Transport.Identity.Role;
using SourceKey = K8sBackup.Model.Ids.SourceKey;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>
/// Gives agents their certificates: for a join token, or in a cluster a service account's token, the first time, for a valid certificate
/// from then on.
/// </summary>
public sealed class EnrolmentService : Transport.V1.Enrolment.EnrolmentBase
{
    /// <summary>Projected tokens have one or two kilobytes.</summary>
    private const int AccountTokenCharactersMax = 16 * 1024;

    private readonly AuthorityRing _ring;
    private readonly JoinTokenStore _tokens;
    private readonly ServiceAccountTokens? _accounts;
    private readonly NodeRegistry _nodes;
    private readonly RateLimiter _limiter;
    private readonly AuditLog _audit;
    private readonly ILogger<EnrolmentService> _log;

    public EnrolmentService(
        AuthorityRing ring,
        JoinTokenStore tokens,
        ServiceAccountTokens? accounts,
        NodeRegistry nodes,
        RateLimiter limiter,
        AuditLog audit,
        ILogger<EnrolmentService> log)
    {
        _ring = ring;
        _tokens = tokens;
        _accounts = accounts;
        _nodes = nodes;
        _limiter = limiter;
        _audit = audit;
        _log = log;
    }

    public override async Task<EnrolResponse> Enrol(EnrolRequest request, ServerCallContext context)
    {
        using RateLimitLease lease = _limiter.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            EnrolmentLog.RateLimited(_log);
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Too many enrolments at the moment; try again in a minute."));
        }

        if (!SourceKey.IsName(request.Node))
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                "The node name must be lower-case letters, digits, '-', '_' and '.', beginning and ending with a letter or digit."));
        }

        PublicKey key = CertificateAnswers.ReadKey(request.CertificateRequest);
        byte[] keyHash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
        Role? role = JoinToken.TryParse(request.Token, out JoinToken? token)
            ? _tokens.Use(token, request.Node, keyHash, (given, namesNode) => namesNode || !_nodes.HasOtherRole(request.Node, given))
            : await AccountRoleAsync(request, context);
        if (role is null)
        {
            EnrolmentLog.Refused(_log, request.Node, context.Peer);
            // No more lines than the limiter lets attempts through.
            _audit.Note(context.Peer, "node.enrol", request.Node, "refused");
            throw new RpcException(new Status(StatusCode.Unauthenticated, "The token is not valid for this node."));
        }

        EnrolmentLog.Enrolled(_log, request.Node, PeerIdentity.RoleName(role.Value));
        _audit.Note(context.Peer, "node.enrol", request.Node, PeerIdentity.RoleName(role.Value));
        return new EnrolResponse { Certificate = CertificateAnswers.Issue(_ring.Current, key, role.Value, request.Node, CertificateAuthority.AgentLifetime) };
    }

    public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context)
    {
        PeerIdentity caller = CallerIdentity.Of(context);
        PublicKey key = CertificateAnswers.ReadKey(request.CertificateRequest);
        EnrolmentLog.Renewed(_log, caller.Name);
        return Task.FromResult(new RenewResponse { Certificate = CertificateAnswers.Issue(_ring.Current, key, caller.Role, caller.Name, CertificateAuthority.AgentLifetime) });
    }

    /// <summary>The role a service account's token gives; null where there is no cluster.</summary>
    private async Task<Role?> AccountRoleAsync(EnrolRequest request, ServerCallContext context)
    {
        if (_accounts is null || request.Token.Length is 0 or > AccountTokenCharactersMax)
        {
            return null;
        }

        TokenVerdict verdict;
        try
        {
            verdict = await _accounts.JudgeAsync(request.Token, request.Node, context.CancellationToken);
        }
        catch (KubernetesException e)
        {
            EnrolmentLog.NotReviewed(_log, request.Node, e.Message);
            throw new RpcException(new Status(StatusCode.Unavailable, "The API server could not be asked about the token; try again."));
        }

        if (verdict.Refusal is { } refusal)
        {
            EnrolmentLog.AccountRefused(_log, request.Node, context.Peer, refusal, verdict.Pod);
        }

        return verdict.Role;
    }
}
