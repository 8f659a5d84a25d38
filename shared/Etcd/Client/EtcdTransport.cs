using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace K8sBackup.Etcd.Client;

/// <summary>Makes the HTTP/2 handler for a member. Certificates are read from their files each time: kubeadm renews them in place.</summary>
internal static class EtcdTransport
{
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _keepAlive = TimeSpan.FromSeconds(10);

    public static SocketsHttpHandler CreateHandler(EtcdEndpoint endpoint)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = _connectTimeout,
            KeepAlivePingDelay = _keepAlive,
            KeepAlivePingTimeout = _keepAlive,
            EnableMultipleHttp2Connections = false,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        if (endpoint.Address.Scheme == Uri.UriSchemeHttps)
        {
            handler.SslOptions = CreateTls(endpoint);
        }

        return handler;
    }

    private static SslClientAuthenticationOptions CreateTls(EtcdEndpoint endpoint)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(endpoint.AuthorityFile ?? throw new ArgumentException("An https endpoint needs the authority's file.", nameof(endpoint)));
        var options = new SslClientAuthenticationOptions
        {
            // etcd's authority signs nothing else, and publishes no revocation lists.
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        if (endpoint.CertificateFile is not null)
        {
            options.ClientCertificates = [X509Certificate2.CreateFromPemFile(endpoint.CertificateFile, endpoint.KeyFile)];
        }

        return options;
    }
}
