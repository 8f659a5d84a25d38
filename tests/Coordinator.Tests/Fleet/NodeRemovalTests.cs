using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.TestKit;
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
