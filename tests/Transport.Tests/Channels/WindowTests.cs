using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Net.Client;
using K8sBackup.TestKit;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Transport.Tests.Channels;

/// <summary>
/// The flow-control windows as they are announced on the wire, in both directions. With the standard's 64 KiB a stream
/// waits for the peer after every 64 KiB; these are what lets one upload, or one restore, run at the speed of the machine.
/// </summary>
public sealed class WindowTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static readonly SslApplicationProtocol[] Http2 = [SslApplicationProtocol.Http2];

    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority;
    private readonly TrustedAuthorities _trusted;
    private readonly X509Certificate2 _server;
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromMinutes(1));

    public WindowTests()
    {
        _authority = CertificateAuthority.OpenOrCreate(_directory.Path, "prod", TimeProvider.System);
        _trusted = new TrustedAuthorities([_authority.Certificate], TimeProvider.System);
        _server = _authority.IssueServer(["localhost", "127.0.0.1"]);
    }

    public void Dispose()
    {
        _patience.Dispose();
        _server.Dispose();
        _authority.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Listener_Uploads_MayHaveMegabytesInFlight()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => CoordinatorListener.Listen(kestrel, new IPEndPoint(IPAddress.Loopback, 0), () => _server, _trusted));
        builder.Logging.ClearProviders();
        await using WebApplication application = builder.Build();
        await application.StartAsync(_patience.Token);
        Uri bound = new(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, bound.Port, _patience.Token);
        await using SslStream tls = new(client.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [.. Http2],
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented is X509Certificate2 found && _trusted.Check(found, asServer: true).Identity is not null,
            },
            _patience.Token);
        await tls.WriteAsync(Encoding.ASCII.GetBytes(Preface), _patience.Token);
        await tls.WriteAsync(Http2Greeting.EmptySettings, _patience.Token);

        Http2Greeting greeting = await Http2Greeting.ReadAsync(tls, _patience.Token);

        Assert.Equal(new Http2Greeting(8 * MiB, 16 * MiB), greeting);
    }

    [Fact]
    public async Task Channel_Downloads_MayHaveMegabytesInFlight()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PeerIdentity peer = new("prod", Role.Worker, "w-1");
        using X509Certificate2 certificate = _authority.IssueClient(new PublicKey(key), peer, TimeSpan.FromHours(1)).CopyWithPrivateKey(key);
        using GrpcChannel channel = CoordinatorChannel.Create(
            new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}"), new LocalIdentity(peer, certificate, _trusted));
        using var call = new AgentSession.AgentSessionClient(channel).Connect();

        using TcpClient accepted = await listener.AcceptTcpClientAsync(_patience.Token);
        await using SslStream tls = new(accepted.GetStream());
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = _server, ApplicationProtocols = [.. Http2] }, _patience.Token);
        byte[] preface = new byte[Preface.Length];
        await tls.ReadExactlyAsync(preface, _patience.Token);
        Http2Greeting greeting = await Http2Greeting.ReadAsync(tls, _patience.Token);

        Assert.Equal(Preface, Encoding.ASCII.GetString(preface));
        Assert.Equal(8 * MiB, greeting.StreamWindow);
        // HttpClient's own for a connection.
        Assert.True(greeting.ConnectionWindow >= 16 * MiB, $"the connection's window is {greeting.ConnectionWindow}");
    }
}
