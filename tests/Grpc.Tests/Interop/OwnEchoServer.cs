using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Grpc.Tests.Interop;

/// <summary>The test service on this runtime, in this process.</summary>
internal sealed class OwnEchoServer : EchoServer
{
    private readonly WebApplication _application;
    private readonly EchoWitness _witness = new();

    private OwnEchoServer(bool useTls, Action<GrpcServiceOptions>? configure, Action<IServiceCollection>? services, Action<KestrelServerOptions>? limits)
        : base(useTls)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_witness);
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = ServerReceiveBytesMax;
            configure?.Invoke(options);
        });
        services?.Invoke(builder.Services);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            limits?.Invoke(kestrel);
            kestrel.Listen(IPAddress.Loopback, 0, Listen);
        });
        _application = builder.Build();
        _application.MapGrpcService<EchoService>();
        _application.MapGet("/page/one", () => "a page");
        _application.MapPost("/page/upload", context => context.Request.Body.CopyToAsync(Stream.Null));
    }

    public override string Version => "this runtime";

    protected override int Port =>
        new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public static async Task<OwnEchoServer> StartAsync(
        bool useTls = false,
        Action<GrpcServiceOptions>? configure = null,
        Action<IServiceCollection>? services = null,
        Action<KestrelServerOptions>? limits = null)
    {
        var server = new OwnEchoServer(useTls, configure, services, limits);
        await server._application.StartAsync();
        return server;
    }

    public override Task WaitUntilSeenAsync(string what) => _witness.WaitForAsync(what);

    public override void ReleaseHangingHandler() => _witness.Released.Release();

    public override async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _application.StopAsync(atOnce.Token);
        await _application.DisposeAsync();
        _witness.Dispose();
        await base.DisposeAsync();
    }

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        if (Authority is not { } authority)
        {
            return;
        }

        var policy = authority.ChainPolicy();
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = authority.IssueServer(),
            ClientCertificateMode = ClientCertificateMode.RequireCertificate,
            ClientCertificateValidation = (certificate, chain, _) =>
            {
                chain!.ChainPolicy = policy.Clone();
                return chain.Build(certificate);
            },
        });
    }
}
