using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>No room left, on small tmpfs mounts: a typed failure, nothing half-listed, and the next run succeeds.</summary>
public sealed class FullDiskTests
{
    private const int FileBytes = 48 * 1024 * 1024;

    [Fact]
    public async Task Spool_Full_FailsEtcdAloneAndLeavesNothingInIt()
    {
        await using SmallDisk disk = await SmallDisk.MountAsync("1m");
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddControlPlaneAsync(keys: 4000, spool: disk.Folder);
        await fixture.AddPlanAsync(
            "control-plane",
            $"- etcd: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]\n- controlPlane: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]");

        (int code, JsonElement run) = await fixture.RunPlanAsync("control-plane");

        Assert.Equal(6, code);
        Assert.Equal("SpoolFull", run.Source("etcd/").Cause());
        Assert.Equal("Completed", run.Source("control-plane/").State());
        Assert.Empty(Directory.GetFiles(disk.Folder));
        await disk.ResizeAsync("64m");
        fixture.AssertCompleted(await fixture.RunPlanAsync("control-plane"));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Store_Full_ListsNothingAndRecovers()
    {
        await using SmallDisk disk = await SmallDisk.MountAsync("16m");
        await using ClusterFixture fixture = new();
        fixture.Cluster = new LocalCluster(fixture.Folder, TimeProvider.System) { Store = Path.Combine(disk.Folder, "store"), Commands = InnerCli.RunAsync };
        await fixture.InitializeAsync();
        await fixture.AddWorkerAsync();
        fixture.AddFile("large", FileBytes);
        await fixture.AddVolumePlanAsync();

        (int code, JsonElement run) = await fixture.RunPlanAsync("volume");

        Assert.Equal(7, code);
        Assert.Equal("StoreFull", run.Source("volume/").Cause());
        Assert.Equal(0, await fixture.CountPointsAsync());
        await disk.ResizeAsync("256m");
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Download_TargetFull_FailsAndLeavesNothing()
    {
        await using SmallDisk disk = await SmallDisk.MountAsync("4m");
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddWorkerAsync();
        fixture.AddFile("large", FileBytes / 4);
        await fixture.AddVolumePlanAsync();
        fixture.AssertCompleted(await fixture.RunPlanAsync("volume"));

        ProcessResult result = await fixture.Cluster.TryCliAsync("download", "latest", "volume/data", "-o", Path.Combine(disk.Folder, "x.tar"));

        Assert.Equal(10, result.ExitCode);
        Assert.Empty(Directory.GetFiles(disk.Folder));
        await fixture.AssertSoundAsync();
    }
}
