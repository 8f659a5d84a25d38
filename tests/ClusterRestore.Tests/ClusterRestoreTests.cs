using Grpc.Core;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

public sealed class ClusterRestoreTests
{
    [Fact]
    public async Task Restore_AgentKilledAtEveryChangeAndCoordinatorInEveryPhase_Completes()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync();
        Restore plan = await world.PlanAsync();
        world.Agents[1].DiesEverywhere = true;
        await world.ConfirmAsync(plan);
        HashSet<ClusterRestorePhase> stoppedIn = [];
        Restore now = await world.GetAsync(plan);
        while (now.Interval.FinishedAt is null)
        {
            if (stoppedIn.Add(now.Cluster.Phase))
            {
                await world.Coordinator.StopAsync();
                await world.Coordinator.StartAsync();
            }

            now = await world.UntilAsync(plan, restore => restore.Interval.FinishedAt is not null || !stoppedIn.Contains(restore.Cluster.Phase));
        }

        Assert.True(now.State == RestoreState.Completed, $"{now}");
        Assert.True(world.Agents[1].Deaths > 8 && stoppedIn.Count > 4, $"{world.Agents[1].Deaths} deaths, coordinator stopped in {string.Join(", ", stoppedIn)}");
        await AssertRestoredAsync(world, now);
    }

    [Fact]
    public async Task Restore_MemberThatDoesNotComeUp_IsTakenBackEverywhere()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(TimeSpan.FromSeconds(30));
        Restore plan = await world.PlanAsync();
        await world.ConfirmAsync(plan);
        await world.UntilAsync(plan, restore => restore.Cluster.Phase >= ClusterRestorePhase.StoppingEtcd);
        world.Plane.Kubelets[2].Refused[SimulatedNode.EtcdManifest] = true;
        Restore back = await world.UntilAsync(plan, restore => restore.Cluster.Phase >= ClusterRestorePhase.RollingBack);
        world.Plane.Kubelets[2].Refused.Clear();
        Restore ended = await world.UntilOverAsync(plan);

        Assert.Equal((RestoreState.Failed, "EtcdUnavailable"), (ended.State, ended.Failure.Cause));
        Assert.False(back.Cluster.PastReturn);
        await AssertAsBeforeAsync(world);
    }

    [Fact]
    public async Task Restore_CancelledAndAskedForAgain_MakesOneClusterWithTheSnapshotsKeys()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync();
        Restore first = await world.PlanAsync();
        Assert.True(first.Cluster.Phase == ClusterRestorePhase.Planned, $"{first}");
        await world.ConfirmAsync(first);
        await world.UntilAsync(first, restore => restore.Cluster.Phase >= ClusterRestorePhase.StoppingEtcd);
        await world.Coordinator.Client.CancelRestoreAsync(new CancelRestoreRequest { RestoreId = first.Id });
        Assert.Equal(RestoreState.Cancelled, (await world.UntilOverAsync(first)).State);
        await AssertAsBeforeAsync(world);

        Restore second = await world.PlanAsync();
        await world.ConfirmAsync(second);
        await world.UntilAsync(second, restore => restore.Cluster.PastReturn);
        RpcException refusal = await Assert.ThrowsAsync<RpcException>(
            async () => await world.Coordinator.Client.CancelRestoreAsync(new CancelRestoreRequest { RestoreId = second.Id }));
        Assert.Contains("no way back", refusal.Status.Detail, StringComparison.Ordinal);
        Restore ended = await world.UntilOverAsync(second);

        Assert.True(ended.State == RestoreState.Completed, $"{ended}");
        await AssertRestoredAsync(world, ended);
        Assert.All(ended.Cluster.Nodes, node => Assert.Contains(node.Notes, note => note.StartsWith("Boot test: etcd 3.4", StringComparison.Ordinal)));
        ProcessResult watch = await SimulatedControlPlane.TryEtcdctlAsync(world.Plane.Nodes[2], "watch", "/registry", "--prefix", $"--rev={ended.Cluster.SnapshotRevision}");
        Assert.Contains("compacted", watch.StandardError + watch.StandardOutput, StringComparison.Ordinal);
        await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[1], "put", "written", "after");
        Assert.Equal("written\nafter\n", await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[0], "get", "written"));
    }

    [Fact]
    public async Task Restore_OneMemberAndTheOthersJoin_AreThreeMembersAgain()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync();
        Restore plan = await world.PlanAsync(request =>
        {
            request.Nodes.Add("cp-1");
            request.Rejoin = true;
        });
        world.Agents[2].DiesEverywhere = true;
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
        await using RestoreWorld world = await RestoreWorld.StartAsync();
        Restore plan = await world.PlanAsync(request =>
        {
            request.Nodes.Add("cp-1");
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

    private static async Task AssertRestoredAsync(RestoreWorld world, Restore restore)
    {
        Assert.Empty(world.Plane.Violations);
        foreach (SimulatedNode node in world.Plane.Nodes)
        {
            Assert.Equal(world.Contents, await RestoreWorld.ReadAllAsync(node));
            Assert.True(world.Plane.IsRestored(node));
            Assert.True(Directory.Exists(Path.Combine(node.Data, $".kb-old-{restore.Id}")));
        }

        ClusterRestoreNode[] nodes = [.. restore.Cluster.Nodes];
        Assert.Single(nodes.Select(node => node.State.ClusterId).Distinct());
        Assert.All(nodes, node => Assert.Equal((node.Staged.RevisionAfter, node.Staged.KeySpaceHash), (node.State.Revision, node.State.KeySpaceHash)));
        Assert.All(nodes, node => Assert.Equal(restore.Cluster.SnapshotRevision + 1_000_000_000, node.State.Revision));
        Assert.All(world.Plane.Kubelets, kubelet => Assert.True(kubelet.Runs(SimulatedNode.ApiServerManifest)));
    }

    private static async Task AssertAsBeforeAsync(RestoreWorld world)
    {
        await world.Plane.WaitForEtcdAsync();
        Assert.Empty(world.Plane.Violations);
        foreach (SimulatedNode node in world.Plane.Nodes)
        {
            Assert.False(world.Plane.IsRestored(node));
            Assert.Equal(world.LaterContents, await RestoreWorld.ReadAllAsync(node));
            Assert.True(File.Exists(Path.Combine(node.Manifests, SimulatedNode.ApiServerManifest)));
        }
    }
}
