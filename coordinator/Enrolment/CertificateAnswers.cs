using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>Certificates as answers to requests.</summary>
internal static class CertificateAnswers
{
    /// <exception cref="RpcException">INVALID_ARGUMENT.</exception>
    public static PublicKey ReadKey(ByteString request)
    {
        try
        {
            return CertificateRequests.ReadPublicKey(request.Span);
        }
        catch (CryptographicException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"The certificate request cannot be used: {e.Message}"));
        }
    }

    /// <summary>A certificate of the authority that issues, with those to trust.</summary>
    public static Certificate Issue(AuthorityPair authorities, PublicKey key, Role role, string name, TimeSpan lifetime)
    {
        PeerIdentity identity = new(authorities.Issuing.Cluster, role, name);
        using X509Certificate2 leaf = authorities.Issuing.IssueClient(key, identity, lifetime);
        return new Certificate
        {
            Leaf = ByteString.CopyFrom(leaf.RawData),
            Authorities = { authorities.Certificates.Select(authority => ByteString.CopyFrom(authority.RawData)) },
            NotAfter = Timestamp.FromDateTime(leaf.NotAfter.ToUniversalTime()),
            Cluster = identity.Cluster,
        };
    }
}
