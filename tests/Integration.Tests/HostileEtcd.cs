using System.Net;
using Grpc.Core;
using K8sBackup.Etcd.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Integration.Tests;

/// <summary>A member that answers every question an agent asks, and sends whatever snapshot the test wants.</summary>
internal sealed class HostileEtcd : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Answers _answers;

    private HostileEtcd(WebApplication application, Answers answers)
    {
        _application = application;
        _answers = answers;
    }

    /// <summary>What a snapshot call does.</summary>
    public Func<IServerStreamWriter<SnapshotResponse>, ServerCallContext, Task> Script
    {
        set => _answers.Script = value;
    }

    /// <summary>Snapshot calls so far.</summary>
    public int Calls => _answers.Calls;

    public string Endpoint => _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<HostileEtcd> StartAsync()
    {
        Answers answers = new();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(answers);
        WebApplication application = builder.Build();
        application.MapGrpcService<Member>();
        application.MapGrpcService<Members>();
        await application.StartAsync();
        return new HostileEtcd(application, answers);
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
    }

    internal sealed class Answers
    {
        public int Calls;

        public Func<IServerStreamWriter<SnapshotResponse>, ServerCallContext, Task> Script { get; set; } = (_, _) => Task.CompletedTask;
    }

    internal sealed class Member(Answers answers) : Maintenance.MaintenanceBase
    {
        public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context) =>
            Task.FromResult(new StatusResponse { Header = new ResponseHeader { ClusterId = 1, MemberId = 2, Revision = 3 }, Version = "3.5.0", DbSize = 1 << 20, Leader = 2 });

        public override Task Snapshot(SnapshotRequest request, IServerStreamWriter<SnapshotResponse> responseStream, ServerCallContext context)
        {
            Interlocked.Increment(ref answers.Calls);
            return answers.Script(responseStream, context);
        }
    }

    internal sealed class Members : K8sBackup.Etcd.Wire.Cluster.ClusterBase
    {
        public override Task<MemberListResponse> MemberList(MemberListRequest request, ServerCallContext context) =>
            Task.FromResult(new MemberListResponse { Members = { new K8sBackup.Etcd.Wire.Member { ID = 2, Name = "m1" } } });
    }
}
