using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;
using K8sBackup.ObjectStore.Throttling;

namespace K8sBackup.ObjectStore.S3;

/// <summary>The HTTP client of one endpoint: HTTP/1.1, which moves bytes at less than half the cost of HTTP/2, over many connections.</summary>
internal sealed class EndpointHttp : HttpClientFactory, IDisposable
{
    private const int ConnectionsMax = 64;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // Endpoints behind changing addresses are found again after this.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private readonly HttpClient _client;

    public EndpointHttp(S3Options options, StoreThrottle throttle, EndpointClock clock)
    {
        SocketsHttpHandler sockets = new()
        {
            AllowAutoRedirect = false,
            ConnectTimeout = ConnectTimeout,
            MaxConnectionsPerServer = ConnectionsMax,
            PooledConnectionLifetime = ConnectionLifetime,
            UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = options.AuthorityFile is { } file ? Trusting(file) : null },
        };
        HttpMessageHandler handler = throttle.IsUnlimited ? sockets : new PacingHandler(throttle) { InnerHandler = sockets };
        // Time limits are set per call, with the caller's clock.
        _client = new HttpClient(new ClockHandler(clock) { InnerHandler = handler }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private static X509ChainPolicy Trusting(string path)
    {
        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ObjectStoreException(ObjectStoreError.Configuration, "open", path, $"not a readable PEM file of authorities: {e.Message}", e);
        }

        return policy.CustomTrustStore.Count > 0
            ? policy
            : throw new ObjectStoreException(ObjectStoreError.Configuration, "open", path, "holds no certificate");
    }
}
