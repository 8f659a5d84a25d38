using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace K8sBackup.Transport.Channels;

/// <summary>Sets up the coordinator's listening side: HTTP/2 over TLS 1.3 with client certificates of our authority.</summary>
public static class CoordinatorListener
{
    // Measured on loopback: 2 MiB a stream and 4 MiB a connection are enough there. A WAN round trip of 20 ms
    // needs 8 MiB for 400 MiB/s on one stream.
    private const int StreamWindowBytes = 8 * 1024 * 1024;
    private const int ConnectionWindowBytes = 16 * 1024 * 1024;

    // An agent has one session and a few uploads and downloads; an operator a handful of watches.
    private const int StreamsMax = 128;

    /// <summary>
    /// Listens on <paramref name="endpoint"/>. A connection without a client certificate is let in, since enrolment has
    /// none; one with a certificate that does not verify is refused in the handshake.
    /// </summary>
    public static void Listen(KestrelServerOptions kestrel, IPEndPoint endpoint, Func<X509Certificate2> serverCertificate, TrustedAuthorities authorities)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        ArgumentNullException.ThrowIfNull(endpoint);
        kestrel.AddServerHeader = false;
        kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = StreamsMax;
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrel.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => serverCertificate();
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (certificate, _, _) => authorities.Check(certificate, asServer: false).Identity is not null;
            });
        });
    }
}
