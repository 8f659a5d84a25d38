using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;
using K8sBackup.TestKit.Certificates;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>A running server of the test service, whoever implements it.</summary>
public abstract class EchoServer : IAsyncDisposable
{
    /// <summary>What the server accepts as one message.</summary>
    public const int ServerReceiveBytesMax = 8 * 1024 * 1024;

    private readonly X509Certificate2? _clientCertificate;

    protected EchoServer(bool useTls)
    {
        if (!useTls)
        {
            return;
        }

        Authority = TestCertificateAuthority.Create();
        _clientCertificate = Authority.IssueClient("node-1");
    }

    /// <summary>The authority both sides trust; null without TLS.</summary>
    public TestCertificateAuthority? Authority { get; }

    public Uri Address => new($"{(Authority is null ? "http" : "https")}://localhost:{Port}");

    /// <summary>What the server runs on, for example <c>grpcio 1.51.1</c>.</summary>
    public abstract string Version { get; }

    protected abstract int Port { get; }

    public abstract Task WaitUntilSeenAsync(string what);

    /// <summary>Lets one hanging handler go on.</summary>
    public abstract void ReleaseHangingHandler();

    /// <summary>A handler as the product's transport makes one.</summary>
    public SocketsHttpHandler Handler(X509Certificate2? clientCertificate = null)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(10),
        };
        if (Authority is not null)
        {
            handler.SslOptions.CertificateChainPolicy = Authority.ChainPolicy();
            handler.SslOptions.ClientCertificates = [clientCertificate ?? _clientCertificate!];
        }

        return handler;
    }

    public GrpcChannel Connect(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions { HttpHandler = Handler(), DisposeHttpClient = true };
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    public virtual ValueTask DisposeAsync()
    {
        _clientCertificate?.Dispose();
        Authority?.Dispose();
        return ValueTask.CompletedTask;
    }
}
