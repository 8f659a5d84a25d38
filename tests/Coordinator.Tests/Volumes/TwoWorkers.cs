using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>Runs in a cluster with two workers, n1 and n2, whose agents are connected.</summary>
public abstract class TwoWorkers : IAsyncLifetime
{
    private protected const string Everything = "  sources: [{podVolumes: {}}]\n  nodeWait: 30s";

    private protected TwoWorkers() => World = new RunWorld(Cluster);

    private protected TestCluster Cluster { get; } = new();

    private protected RunWorld World { get; }

    public Task InitializeAsync()
    {
        World.Connect("n1", Role.Worker);
        World.Connect("n2", Role.Worker);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await World.DisposeAsync();

    private protected RunId Start(string spec = Everything) => World.Engine.Start(World.Plan(spec), "test", "").Run.Id;
}
