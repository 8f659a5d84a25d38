using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Issues certificates with a life the test chooses, or refuses.</summary>
public sealed class FakeEnrolment : Enrolment.EnrolmentBase
{
    private readonly CertificateAuthority _authority;
    private int _asked;
    private int _enrolled;
    private int _renewed;

    public FakeEnrolment(CertificateAuthority authority) => _authority = authority;

    public string AcceptedToken { get; set; } = "";

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>What the certificates are for.</summary>
    public Transport.Identity.Role Role { get; set; } = Transport.Identity.Role.ControlPlane;

    /// <summary>Node the certificates are made for; null for the one that asks.</summary>
    public string? NodeOverride { get; set; }

    /// <summary>Answers the next calls with this instead.</summary>
    public Queue<Status> Refusals { get; } = new();

    /// <summary>Called at the beginning of each enrolment.</summary>
    public Action Asking { get; set; } = () => { };

    public int Asked => Volatile.Read(ref _asked);

    public int Enrolled => Volatile.Read(ref _enrolled);

    public int Renewed => Volatile.Read(ref _renewed);

    public override Task<EnrolResponse> Enrol(EnrolRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _asked);
        Asking();
        Refuse();
        if (request.Token != AcceptedToken)
        {
            throw new RpcException(new Status(StatusCode.Unauthenticated, "The token is not accepted."));
        }

        Interlocked.Increment(ref _enrolled);
        return Task.FromResult(new EnrolResponse { Certificate = Issue(request.CertificateRequest, request.Node) });
    }

    public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context)
    {
        Refuse();
        string node = context.GetHttpContext().Connection.ClientCertificate!.GetNameInfo(X509NameType.SimpleName, false);
        Interlocked.Increment(ref _renewed);
        return Task.FromResult(new RenewResponse { Certificate = Issue(request.CertificateRequest, node) });
    }

    private void Refuse()
    {
        if (Refusals.TryDequeue(out Status status))
        {
            throw new RpcException(status);
        }
    }

    private Certificate Issue(ByteString request, string node)
    {
        PublicKey key = CertificateRequests.ReadPublicKey(request.Span);
        PeerIdentity identity = new(FakeCoordinator.Cluster, Role, NodeOverride ?? node);
        using X509Certificate2 leaf = _authority.IssueClient(key, identity, Lifetime);
        return new Certificate
        {
            Leaf = ByteString.CopyFrom(leaf.RawData),
            Authorities = { ByteString.CopyFrom(_authority.Certificate.RawData) },
            NotAfter = Timestamp.FromDateTime(leaf.NotAfter.ToUniversalTime()),
            Cluster = FakeCoordinator.Cluster,
        };
    }
}
