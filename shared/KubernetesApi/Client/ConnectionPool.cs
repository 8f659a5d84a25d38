using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.KubernetesApi.Configuration;

namespace K8sBackup.KubernetesApi.Client;

/// <summary>
/// Connections to one server. A client certificate belongs to a connection, so a new one gets new connections; the old ones
/// end when their last request does. Thread-safe.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    // Behind load balancers a silent connection is forgotten; pings find that out while a watch waits.
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30);

    private readonly ServerTrust _trust;
    private readonly Lock _lock = new();
    private HttpMessageInvoker? _invoker;
    private X509Certificate2? _certificate;

    public ConnectionPool(ServerTrust trust)
    {
        _trust = trust;
    }

    public HttpMessageInvoker For(X509Certificate2? certificate)
    {
        lock (_lock)
        {
            if (_invoker is null || _certificate?.Thumbprint != certificate?.Thumbprint)
            {
                _invoker = new HttpMessageInvoker(Handler(certificate), disposeHandler: true);
                _certificate = certificate;
            }

            return _invoker;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _invoker?.Dispose();
            _invoker = null;
        }
    }

    private SocketsHttpHandler Handler(X509Certificate2? certificate)
    {
        SslClientAuthenticationOptions tls = new()
        {
            RemoteCertificateValidationCallback = (_, server, chain, errors) => _trust.Accepts(server, chain, errors),
        };
        if (certificate is not null)
        {
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return new SocketsHttpHandler
        {
            SslOptions = tls,
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = PingAfter,
            KeepAlivePingTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.GZip,
        };
    }
}
