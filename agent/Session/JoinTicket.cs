using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>A join token, which carries the authority's public key.</summary>
internal sealed class JoinTicket : EnrolmentTicket
{
    private readonly JoinToken _token;

    public JoinTicket(JoinToken token) => _token = token;

    public override string Reveal() => _token.Reveal();

    public override GrpcChannel Open(Uri address, TimeProvider clock) => CoordinatorChannel.CreateForEnrolment(address, _token, clock);

    public override bool Expects(X509Certificate2Collection authorities)
    {
        using ECDsa key = _token.AuthorityKey();
        byte[] expected = key.ExportSubjectPublicKeyInfo();
        return authorities.Any(authority => authority.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(expected));
    }
}
