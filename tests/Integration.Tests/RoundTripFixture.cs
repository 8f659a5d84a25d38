using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Etcd;
using K8sBackup.Demo.Volumes;

namespace K8sBackup.Integration.Tests;

/// <summary>A cluster with one complete backup, and what was there when it was made.</summary>
public sealed class RoundTripFixture : IAsyncLifetime
{
    public ClusterFixture Fixture { get; } = new();

    internal TreeFacts Volume { get; private set; } = null!;

    internal TreeFacts Kubernetes { get; private set; } = null!;

    internal EtcdContents Keys { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        // Here the commands are processes too.
        Fixture.Cluster = new LocalCluster(Fixture.Folder, TimeProvider.System);
        await Fixture.InitializeAsync();
        await Fixture.AddControlPlaneAsync();
        await Fixture.AddWorkerAsync();
        Fixture.FillVolume();
        Volume = TreeFacts.Read(Fixture.Layout.Volume);
        Kubernetes = TreeFacts.Read(Path.Combine(Fixture.Host!.Root, "etc/kubernetes"));
        using EtcdGateway etcd = Fixture.Etcd!.Connect();
        Keys = await etcd.ReadAllAsync(CancellationToken.None);
        await Fixture.Cluster.AddPlanAsync("all", SampleLayout.Plan("all", ClusterFixture.ControlPlaneNode, ClusterFixture.WorkerNode));
        Fixture.AssertCompleted(await Fixture.RunPlanAsync("all"));
    }

    public Task DisposeAsync() => Fixture.DisposeAsync();
}
