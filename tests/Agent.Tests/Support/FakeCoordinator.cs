using System.Net;
using System.Security.Cryptography.X509Certificates;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>
/// A coordinator in this process, over the real transport: HTTP/2, TLS 1.3, certificates of a real authority. What it
/// answers is up to the test.
/// </summary>
public sealed class FakeCoordinator : IAsyncDisposable
{
    public const string Cluster = "test";

    private readonly CertificateAuthority _authority;
    private readonly X509Certificate2 _server;
    private WebApplication? _application;

    private FakeCoordinator(string directory)
    {
        _authority = CertificateAuthority.OpenOrCreate(directory, Cluster, TimeProvider.System);
        _server = _authority.IssueServer(["localhost", "127.0.0.1"]);
        Enrolment = new FakeEnrolment(_authority);
        Token = JoinToken.Create(_authority.Certificate, TimeProvider.System);
        Enrolment.AcceptedToken = Token.Reveal();
    }

    public FakeEnrolment Enrolment { get; }

    public FakeSessions Sessions { get; } = new();

    public FakeUpload Upload { get; } = new();

    public FakeDownload Download { get; } = new();

    public JoinToken Token { get; }

    public CertificateAuthority Authority => _authority;

    public Uri Address { get; private set; } = new("https://127.0.0.1:1");

    public static async Task<FakeCoordinator> StartAsync(string directory)
    {
        FakeCoordinator coordinator = new(Path.Combine(directory, "authority"));
        await coordinator.ListenAsync(0);
        return coordinator;
    }

    /// <summary>Stops listening and breaks every connection.</summary>
    public async Task StopAsync()
    {
        if (_application is { } application)
        {
            _application = null;
            Sessions.EndAll();
            using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(100));
            await application.StopAsync(now.Token);
            await application.DisposeAsync();
        }
    }

    /// <summary>Listens again at the same address.</summary>
    public Task StartAgainAsync() => ListenAsync(Address.Port);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _server.Dispose();
        _authority.Dispose();
    }

    private async Task ListenAsync(int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        TrustedAuthorities trusted = new([_authority.Certificate], TimeProvider.System);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(
            kestrel => CoordinatorListener.Listen(kestrel, new IPEndPoint(IPAddress.Loopback, port), () => _server, trusted));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MessageLimits.ReceiveBytesMax;
            options.MaxSendMessageSize = MessageLimits.ReceiveBytesMax;
        });
        builder.Services.AddSingleton(Enrolment).AddSingleton(Sessions).AddSingleton(Upload).AddSingleton(Download);
        builder.Logging.ClearProviders();
        WebApplication application = builder.Build();
        application.UseRouting();
        application.MapGrpcService<FakeEnrolment>();
        application.MapGrpcService<FakeSessions>();
        application.MapGrpcService<FakeUpload>();
        application.MapGrpcService<FakeDownload>();
        await application.StartAsync();
        string bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        Address = new Uri($"https://127.0.0.1:{new Uri(bound).Port}");
        _application = application;
    }
}
