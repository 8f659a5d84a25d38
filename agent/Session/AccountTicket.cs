using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Session;

/// <summary>A service account's token, with the authority the coordinator published in the cluster.</summary>
internal sealed class AccountTicket : EnrolmentTicket
{
    private readonly string _token;
    private readonly X509Certificate2Collection _authorities;

    public AccountTicket(string token, X509Certificate2Collection authorities)
    {
        _token = token;
        _authorities = authorities;
    }

    public override string Reveal() => _token;

    public override GrpcChannel Open(Uri address, TimeProvider clock) =>
        CoordinatorChannel.CreateForEnrolment(address, new TrustedAuthorities(_authorities, clock));

    public override bool Expects(X509Certificate2Collection authorities) =>
        // One that is known is enough: who is known by it may name the next one before the ConfigMap comes to this node.
        authorities.Any(authority => _authorities.Any(known => known.RawDataMemory.Span.SequenceEqual(authority.RawDataMemory.Span)));
}
