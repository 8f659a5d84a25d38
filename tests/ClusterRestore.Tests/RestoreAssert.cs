using K8sBackup.TestKit.ControlPlane;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>What a world is to be like after a restore, and after one that was taken back.</summary>
internal static class RestoreAssert
{
    private static readonly string[] Controllers = [SimulatedNode.ControllerManagerManifest, SimulatedNode.SchedulerManifest];

    /// <summary>One cluster with the snapshot's keys, the old data beside it, API servers and controllers started anew.</summary>
    public static async Task RestoredAsync(RestoreWorld world, Restore restore)
    {
        Assert.Empty(world.Plane.Violations);
        foreach (SimulatedNode node in world.Plane.Nodes)
        {
            Assert.Equal(world.Contents, await RestoreWorld.ReadAllAsync(node));
            Assert.True(world.Plane.IsRestored(node));
            Assert.True(Directory.Exists(Path.Combine(node.Data, $".kb-old-{restore.Id}")));
        }

        string lease = await SimulatedControlPlane.EtcdctlAsync(world.Plane.Nodes[0], "lease", "timetolive", world.Lease, "--keys");
        Assert.Contains(RestoreWorld.LeasedKey, lease, StringComparison.Ordinal);
        ClusterRestoreNode[] nodes = [.. restore.Cluster.Nodes];
        Assert.Single(nodes.Select(node => node.State.ClusterId).Distinct());
        Assert.All(nodes, node => Assert.Equal((node.Staged.RevisionAfter, node.Staged.KeySpaceHash), (node.State.Revision, node.State.KeySpaceHash)));
        Assert.All(nodes, node => Assert.Equal(restore.Cluster.SnapshotRevision + 1_000_000_000, node.State.Revision));
        Assert.All(world.Plane.Kubelets, kubelet => Assert.True(kubelet.Runs(SimulatedNode.ApiServerManifest)));
        await RestoreWorld.EventuallyAsync(() => world.Plane.Kubelets.All(kubelet => Controllers.All(name => kubelet.Runs(name) && kubelet.StartsOf(name) >= 2)));
    }

    /// <summary>The former cluster with the keys of before the restore.</summary>
    public static async Task AsBeforeAsync(RestoreWorld world)
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
