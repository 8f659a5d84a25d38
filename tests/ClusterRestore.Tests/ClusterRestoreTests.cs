using Grpc.Core;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

public sealed class ClusterRestoreTests
{
    public static TheoryData<string> Etcds() => [.. EtcdPrograms.All];

    [Theory]
    [MemberData(nameof(Etcds))]
    public async Task Restore_CancelledAndAskedForAgain_MakesOneClusterWithTheSnapshotsKeys(string etcd)
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(etcd);
        Snapshot snapshot = await world.SnapshotAsync();
        Assert.Equal([.. world.Plane.Nodes.Select(node => node.Name)], snapshot.Etcd.Proof.Where(proof => proof.State == EtcdProofState.Agrees).Select(proof => proof.Name).Order(StringComparer.Ordinal));
        Restore first = await world.PlanAsync();
        Assert.True(first.Cluster.Phase == ClusterRestorePhase.Planned, $"{first}");
        await world.ConfirmAsync(first);
        await world.UntilAsync(first, restore => restore.Cluster.Phase >= ClusterRestorePhase.StoppingEtcd);
        await world.Coordinator.Client.CancelRestoreAsync(new CancelRestoreRequest { RestoreId = first.Id });
        Assert.Equal(RestoreState.Cancelled, (await world.UntilOverAsync(first)).State);
        await RestoreAssert.AsBeforeAsync(world);

        Restore second = await world.PlanAsync();
        await world.ConfirmAsync(second);
        await world.UntilAsync(second, restore => restore.Cluster.PastReturn);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await world.Coordinator.Client.CancelRestoreAsync(new CancelRestoreRequest { RestoreId = second.Id }));
        Assert.Contains("no way back", refusal.Status.Detail, StringComparison.Ordinal);
        Restore ended = await world.UntilOverAsync(second);

        Assert.True(ended.State == RestoreState.Completed, $"{ended}");
        await RestoreAssert.RestoredAsync(world, ended);
        Assert.Contains(first.Cluster.Transformations, text => text.Contains("masterleases", StringComparison.Ordinal));
        Assert.All(ended.Cluster.Nodes, node => Assert.Contains(node.Staged.Transformations, text => text.StartsWith("1 addresses of API servers", StringComparison.Ordinal)));
        string boot = $"Boot test: etcd {await EtcdPrograms.VersionAsync(etcd)} (running etcd";
        Assert.All(ended.Cluster.Nodes, node => Assert.Contains(node.Notes, note => note.StartsWith(boot, StringComparison.Ordinal)));
        ProcessResult watch = await SimulatedControlPlane.TryEtcdctlAsync(world.Plane.Nodes[2], "watch", "/registry", "--prefix", $"--rev={ended.Cluster.SnapshotRevision}");
        Assert.Contains("compacted", watch.StandardError + watch.StandardOutput, StringComparison.Ordinal);
        await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[1], "put", "written", "after");
        Assert.Equal("written\nafter\n", await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[0], "get", "written"));
    }

    [Fact]
    public async Task Restore_OneMemberAndTheOthersJoin_AreThreeMembersAgain()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(EtcdPrograms.All[^1]);
        Restore plan = await world.PlanAsync(request =>
        {
            request.Nodes.Add(world.Plane.Nodes[0].Name);
            request.Rejoin = true;
        });
        world.Agents[2].DieEverywhere();
        await world.ConfirmAsync(plan);
        Restore ended = await world.UntilOverAsync(plan);

        Assert.True(ended.State == RestoreState.Completed, $"{ended}");
        Assert.Empty(world.Plane.Violations);
        string members = await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[0], "member", "list");
        Assert.Equal(3, members.Split('\n').Count(line => line.Contains("started", StringComparison.Ordinal) && line.EndsWith("false", StringComparison.Ordinal)));
        foreach (SimulatedNode node in world.Plane.Nodes)
        {
            Assert.Equal(world.Contents, await RestoreWorld.ReadAllAsync(node));
            Assert.True(Directory.Exists(Path.Combine(node.Data, $".kb-old-{ended.Id}")));
        }

        Assert.All(world.Plane.Kubelets, kubelet => Assert.True(kubelet.Runs(SimulatedNode.ApiServerManifest)));
        Assert.True(world.Agents[2].Deaths > 4, $"{world.Agents[2].Deaths} deaths");
    }

    [Fact]
    public async Task Restore_OneMemberAtAnEarlierRevision_StopsTheOthers()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(EtcdPrograms.Installed);
        Restore plan = await world.PlanAsync(request =>
        {
            request.Nodes.Add(world.Plane.Nodes[0].Name);
            request.Revision = world.Halfway;
        });
        await world.ConfirmAsync(plan);
        Restore ended = await world.UntilOverAsync(plan);

        Assert.True(ended.State == RestoreState.Completed, $"{ended}");
        Assert.Empty(world.Plane.Violations);
        Assert.Equal(world.HalfwayContents, await RestoreWorld.ReadAllAsync(world.Plane.Nodes[0]));
        Assert.All(world.Plane.Kubelets.Skip(1), kubelet => Assert.False(kubelet.Runs(SimulatedNode.EtcdManifest) || kubelet.Runs(SimulatedNode.ApiServerManifest)));
        Assert.Contains(ended.Cluster.Nodes[2].Notes, note => note.Contains("kubeadm", StringComparison.Ordinal));
    }
}
