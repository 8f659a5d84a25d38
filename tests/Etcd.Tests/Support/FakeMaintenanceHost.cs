using System.Net;
using Grpc.Core;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>A member that answers snapshot calls with whatever a test wants.</summary>
internal sealed class FakeMaintenanceHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeMaintenanceHost(WebApplication app)
    {
        _app = app;
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts a member whose snapshot calls run the script.</summary>
    public static async Task<FakeMaintenanceHost> StartAsync(Func<IServerStreamWriter<SnapshotResponse>, CancellationToken, Task> script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(script);
        var app = builder.Build();
        app.MapGrpcService<ScriptedMaintenance>();
        await app.StartAsync();
        return new FakeMaintenanceHost(app);
    }

    public EtcdMemberClient Connect(EtcdClientOptions options, TimeProvider? time = null) =>
        EtcdMemberClient.Create(new EtcdEndpoint { Address = Address }, options, time ?? TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    internal sealed class ScriptedMaintenance(Func<IServerStreamWriter<SnapshotResponse>, CancellationToken, Task> script) : Maintenance.MaintenanceBase
    {
        public override Task Snapshot(SnapshotRequest request, IServerStreamWriter<SnapshotResponse> responseStream, ServerCallContext context) =>
            script(responseStream, context.CancellationToken);
    }
}
