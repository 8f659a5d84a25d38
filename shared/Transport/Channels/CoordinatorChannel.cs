using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Transport.Channels;

/// <summary>Makes the channels over which agents and operators reach the coordinator.</summary>
public static class CoordinatorChannel
{
    // Pings notice a peer that vanished without a word; only while calls are open, so idle channels cost nothing.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // Filled per stream while a restore comes in: 8 MiB at 20 ms round trip allow 400 MiB/s.
    private const int ReceiveWindowBytes = 8 * 1024 * 1024;

    /// <summary>A channel that proves <paramref name="identity"/> and accepts only the coordinator of the same cluster.</summary>
    public static GrpcChannel Create(Uri address, LocalIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return Create(
            address,
            identity.Certificate,
            certificate => identity.Authorities.Check(certificate, asServer: true) is { Identity: { Role: Role.Coordinator } peer }
                && peer.Cluster == identity.Peer.Cluster);
    }

    /// <summary>
    /// A channel without an identity of its own, for enrolment only: accepts a coordinator whose certificate is signed
    /// by the authority key in the token.
    /// </summary>
    public static GrpcChannel CreateForEnrolment(Uri address, JoinToken token, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Create(address, null, certificate => AuthorityKeyCheck.IsCoordinatorSignedBy(certificate, token, clock));
    }

    /// <summary>A channel without an identity of its own, for enrolment only: accepts a coordinator of the given authorities.</summary>
    public static GrpcChannel CreateForEnrolment(Uri address, TrustedAuthorities authorities)
    {
        ArgumentNullException.ThrowIfNull(authorities);
        return Create(address, null, certificate => authorities.Check(certificate, asServer: true) is { Identity.Role: Role.Coordinator });
    }

    private static GrpcChannel Create(Uri address, X509Certificate2? certificate, Func<X509Certificate2, bool> acceptServer)
    {
        ArgumentNullException.ThrowIfNull(address);
        SocketsHttpHandler handler = new()
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            InitialHttp2StreamWindowSize = ReceiveWindowBytes,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented is X509Certificate2 server && acceptServer(server),
            },
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MessageLimits.ReceiveBytesMax,
            MaxSendMessageSize = MessageLimits.ReceiveBytesMax,
        });
    }
}
