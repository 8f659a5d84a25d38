using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;
using Role = K8sBackup.Transport.Identity.Role;

namespace K8sBackup.Coordinator.Tests.Fleet;

public sealed class NodeRemovalTests
{
    [Fact]
    public async Task RemoveNode_IsAnsweredWhenItOutlivesTheCoordinator()
    {
        using TemporaryDirectory directory = new();
        HeldStateHome home = new(new FileStateHome(directory.Path));
        await using TestCoordinator coordinator = await new TestCoordinator { Extra = services => services.AddSingleton<IStateHome>(home) }.StartAsync();
        using TestAgent agent = new(coordinator.ChannelOf(Role.Worker, "w-1"));
        await agent.GreetAsync([]);
        Operator.OperatorClient client = new(coordinator.ChannelOf(Role.Operator, "alice"));

        Task<RemoveNodeResponse> removing = client.RemoveNodeAsync(new RemoveNodeRequest { Name = "w-1" }).ResponseAsync;
        await Eventually.TrueAsync(() => home.Flushed.Contains("removed-nodes"));
        Assert.False(removing.IsCompleted);
        // It holds meanwhile: only the answer waits.
        Assert.NotEqual(StatusCode.OK, await agent.EndStatusAsync());

        home.Release();
        await removing.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("nodes", home.Flushed);
        NodeRegistry next = new(new FileStateHome(directory.Path), TimeProvider.System);
        Assert.Null(next.Find("w-1"));
        Assert.True(next.Removed.Refuses("w-1", DateTimeOffset.UnixEpoch));
    }

    [Fact]
    public async Task Refusals_OfGoodCertificates_AreInTheAuditLogOnceInAWhile()
    {
        ManualTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using TestCoordinator coordinator = await new TestCoordinator { Clock = clock }.StartAsync();
        Operator.OperatorClient worker = new(coordinator.ChannelOf(Role.Worker, "w-1"));
        AgentSession.AgentSessionClient removed = new(coordinator.ChannelOf(Role.Worker, "w-2"));
        coordinator.Nodes.Removed.Add("w-2");

        // As the role of another, and with a certificate that was taken back.
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await worker.StartRunAsync(new StartRunRequest { Plan = "p" }))).StatusCode);
            using AsyncDuplexStreamingCall<AgentMessage, CoordinatorMessage> session = removed.Connect();
            Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => session.ResponseStream.MoveNext(default))).StatusCode);
        }

        string[] lines = await LinesAsync();
        Assert.Equal(2, lines.Length);
        Assert.Contains("spiffe://prod/worker/w-1 at ", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"action\":\"call.refused\",\"target\":\"/k8sbackup.v1.Operator/StartRun\",\"result\":\"The role worker may not call", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"result\":\"The node w-2 was removed", lines[1], StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromMinutes(10));
        await Assert.ThrowsAsync<RpcException>(async () => await worker.StartRunAsync(new StartRunRequest { Plan = "p" }));
        Assert.Equal(3, (await LinesAsync()).Length);

        async Task<string[]> LinesAsync() => [.. (await File.ReadAllLinesAsync(Path.Combine(coordinator.Directory, "audit.log"))).Where(line => line.Contains("call.refused", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Connect_RemovedBetweenCallAndGreeting_IsRefusedAndStaysRemoved()
    {
        await using TestCoordinator coordinator = await new TestCoordinator().StartAsync();
        using (TestAgent first = new(coordinator.ChannelOf(Role.Worker, "w-1")))
        {
            await first.GreetAsync([]);
        }

        // A session that opens was let in, and its greeting, which makes it a node, comes after the removal.
        NodeRecord greeting = coordinator.Nodes.Find("w-1")!;
        Assert.NotNull(greeting.CertificateIssued);
        using AgentConnection connection = new();
        Assert.True(coordinator.Nodes.Remove("w-1"));
        Assert.False(coordinator.Nodes.Connect(greeting, connection));
        Assert.Null(coordinator.Nodes.Find("w-1"));
        Assert.False(coordinator.Nodes.IsConnected("w-1"));
    }
}
