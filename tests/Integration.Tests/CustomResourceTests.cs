using K8sBackup.Coordinator.Resources;
using K8sBackup.KubernetesApi.Resources;

namespace K8sBackup.Integration.Tests;

/// <summary>Real coordinator and agent, plans, backups and restores as objects of a stand-in API server.</summary>
public sealed class CustomResourceTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ClusterFixture _fixture = new();
    private KubeObjects _kube = null!;

    private string Configuration => Path.Combine(_fixture.Cluster.State, "coordinator.yaml");

    public async Task InitializeAsync()
    {
        _kube = await KubeObjects.StartAsync(_fixture.Folder, () => $"{_fixture.Cluster.CoordinatorOutput}\n{_fixture.WorkerAgent?.Output}");
        await _fixture.Cluster.InitAsync();
        await File.AppendAllTextAsync(Configuration, $"\nkubernetes: {{kubeconfig: {_kube.Kubeconfig}, home: resources}}\n");
    }

    public async Task DisposeAsync()
    {
        await _fixture.DisposeAsync();
        await _kube.DisposeAsync();
    }

    [Fact]
    public async Task PlanBackupAndRestore_ByObjects()
    {
        await _fixture.Cluster.StartCoordinatorAsync();
        await _fixture.AddWorkerAsync();
        _fixture.AddFile("invoice", 300_000);
        string path = Path.Combine(_fixture.Layout.Volume, "invoice");
        byte[] content = await File.ReadAllBytesAsync(path);
        await PlanAsync();
        await _kube.UntilAsync(ResourceKinds.BackupPlans, "nightly", p => KubeObjects.Is(p.Status.Conditions, "Ready"));

        await _kube.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource backup = await _kube.UntilAsync(ResourceKinds.Backups, "now", b => KubeObjects.Is(b.Status.Conditions, "Completed"));
        Assert.Equal(1, await _fixture.CountPointsAsync());

        File.Delete(path);
        await _kube.CreateAsync(
            ResourceKinds.Restores, "back", $$$"""{"latestOf": {"name": "nightly"}, "files": {"volume": "data", "node": "{{{ClusterFixture.WorkerNode}}}", "paths": ["invoice"]} }""");
        RestoreResource restore = await _kube.UntilAsync(ResourceKinds.Restores, "back", r => KubeObjects.Is(r.Status.Conditions, "Completed"));
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
        Assert.Equal((backup.Status.RestorePoint, ClusterFixture.WorkerNode, 300_000L), (restore.Status.RestorePoint, restore.Status.Node, restore.Status.RestoredBytes));

        // A dry run says what a mirror would do, and does nothing.
        _fixture.AddFile("newer", 100);
        await _kube.CreateAsync(
            ResourceKinds.Restores, "dry", $$$"""{"latestOf": {"name": "nightly"}, "files": {"volume": "data", "node": "{{{ClusterFixture.WorkerNode}}}", "conflicts": "Mirror", "dryRun": true} }""");
        RestoreResource dry = await _kube.UntilAsync(ResourceKinds.Restores, "dry", r => KubeObjects.Is(r.Status.Conditions, "Finished"));
        Assert.Equal(("Completed", 1L), (dry.Status.Phase, dry.Status.Preview?.Delete));
        Assert.True(File.Exists(Path.Combine(_fixture.Layout.Volume, "newer")));

        // What cannot be is said in the object.
        await _kube.CreateAsync(
            ResourceKinds.Restores, "wrong", $$$"""{"backupRef": {"name": "now"}, "files": {"volume": "data", "node": "{{{ClusterFixture.WorkerNode}}}", "paths": ["nobody"]} }""");
        RestoreResource wrong = await _kube.UntilAsync(ResourceKinds.Restores, "wrong", r => KubeObjects.Is(r.Status.Conditions, "Failed"));
        Assert.Contains("nobody", wrong.Status.Conditions.Single(c => c.Type == "Failed").Message, StringComparison.Ordinal);
        await _kube.CreateAsync(ResourceKinds.Restores, "etcd", """{"backupRef": {"name": "now"}, "etcd": {"node": "cp-1", "confirmCluster": "another"}}""");
        await _kube.UntilAsync(ResourceKinds.Restores, "etcd", r => r.Status.Conditions.Any(c => c is { Type: "Failed", Status: "True", Reason: "NotConfirmed" }));

        // A run an operator starts has an object, too; and without its object, the restore point stays.
        await _fixture.Cluster.CliAsync("plan", "run", "nightly", "--watch");
        long start = TimeProvider.System.GetTimestamp();
        while ((await _kube.Client.ListAsync(ResourceKinds.Backups, ListQuery.In(KubeObjects.Namespace), 100, default)).Items.Count(b => KubeObjects.Is(b.Status.Conditions, "Completed")) < 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, _fixture.Cluster.CoordinatorOutput);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        await _kube.Client.DeleteAsync(ResourceKinds.Backups, ResourceName.Of(backup), DeleteOptions.Anything, default);
        Assert.Equal(2, await _fixture.CountPointsAsync());
        await _fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task LeaderKilledInTheMiddle_AnotherWithAnEmptyStateDirectoryFinishesTheRun()
    {
        string plain = await File.ReadAllTextAsync(Configuration);
        await File.WriteAllTextAsync(Configuration, plain.Replace("  local:", "  throttle: {uploadBytesPerSecond: 1000000}\n  local:", StringComparison.Ordinal));
        await _fixture.Cluster.StartCoordinatorAsync();
        await _fixture.AddWorkerAsync();
        _fixture.AddFile("small", 10);
        _fixture.AddFile("large", 48 << 20);
        await PlanAsync();
        await _kube.CreateAsync(ResourceKinds.Backups, "now", """{"planRef": {"name": "nightly"}}""");
        BackupResource running = await _kube.UntilAsync(ResourceKinds.Backups, "now", b => b.Status is { Phase: "Running", Sources: [{ State: "Running" }] });
        await _fixture.Cluster.KillCoordinatorAsync();

        // Another replica: keys and authority are shared, and nothing else is there.
        Directory.Delete(Path.Combine(_fixture.Cluster.State, "uploads"), recursive: true);
        Assert.False(File.Exists(Path.Combine(_fixture.Cluster.State, "nodes.json")));
        Assert.False(Directory.Exists(Path.Combine(_fixture.Cluster.State, "runs")));
        await File.WriteAllTextAsync(Configuration, plain);

        // Where a lease says who leads, the dead leader's has run out.
        await _kube.Client.DeleteAsync(KubernetesTypes.Leases, new ResourceName(KubeObjects.Namespace, "k8s-backup-coordinator"), DeleteOptions.Anything, CancellationToken.None);
        await _fixture.Cluster.StartCoordinatorAsync();
        BackupResource done = await _kube.UntilAsync(ResourceKinds.Backups, "now", b => KubeObjects.Is(b.Status.Conditions, "Finished"));
        Assert.Equal((running.Status.Run, "Completed"), (done.Status.Run, done.Status.Phase));
        Assert.Equal(1, await _fixture.CountPointsAsync());
        await _fixture.AssertSoundAsync();
    }

    private Task<BackupPlanResource> PlanAsync() => _kube.CreateAsync(
        ResourceKinds.BackupPlans,
        "nightly",
        $$$"""{"sources": [{"volume": {"name": "data", "path": "{{{K8sBackup.Demo.Cluster.SampleLayout.VolumeOnNode}}}"}, "nodes": [{"names": ["{{{ClusterFixture.WorkerNode}}}"]}]}]}""");
}
