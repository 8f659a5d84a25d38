using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>Sources that are missing, unreadable, changing, or not the node's to give.</summary>
public sealed class BadSourceTests
{
    [Fact]
    public async Task Volume_MissingDirectory_FailsAloneAndIsNamed()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.AddPlanAsync(
            "mixed",
            ClusterFixture.VolumeSource(SampleLayout.VolumeOnNode) + "\n" + ClusterFixture.VolumeSource("/var/lib/kubelet/pods/gone", "gone"));

        (int code, JsonElement run) = await fixture.RunPlanAsync("mixed");

        Assert.Equal(6, code);
        Assert.Equal("Completed", run.Source("volume/data").State());
        Assert.Equal("SourceMissing", run.Source("volume/gone").Cause());
        JsonElement point = await fixture.Cluster.CliJsonAsync("point", "show", "latest");
        Assert.Equal("PartiallyFailed", point.GetProperty("outcome").GetString());
        Assert.Equal("volume/gone@worker-1", point.GetProperty("failures")[0].GetProperty("source").GetString());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_NothingToBackUp_MakesNoRestorePoint()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.AddPlanAsync("gone", ClusterFixture.VolumeSource("/var/lib/kubelet/pods/gone", "gone"));

        (int code, JsonElement run) = await fixture.RunPlanAsync("gone");

        Assert.Equal(7, code);
        Assert.Equal("Failed", run.State());
        Assert.Equal(0, await fixture.CountPointsAsync());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_OutsideTheAgentsRoots_IsDenied()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.AddPlanAsync("outside", ClusterFixture.VolumeSource("/etc", "etc"));

        (int code, JsonElement run) = await fixture.RunPlanAsync("outside");

        Assert.Equal(7, code);
        Assert.Equal("PermissionDenied", run.Source("volume/etc").Cause());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_UnreadableFile_IsNamedAndTheRestIsKept()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddWorkerAsync();
        await fixture.WorkerAgent!.StopAsync();
        fixture.AddFile("readable", 1000);
        fixture.AddFile("locked", 1000);
        File.SetUnixFileMode(Path.Combine(fixture.Layout.Volume, "locked"), UnixFileMode.None);

        // Somebody else's: the kernel then refuses to leave the access time alone, and the file is read all the same.
        Assert.Equal(0, (await ChildProcess.RunAsync("chown", ["12", Path.Combine(fixture.Layout.Volume, "readable")], TimeSpan.FromMinutes(1))).ExitCode);
        string closed = Directory.CreateDirectory(Path.Combine(fixture.Layout.Volume, "closed")).FullName;
        File.SetUnixFileMode(closed, UnixFileMode.None);

        // Without the right to pass over permissions, root is refused like anybody.
        fixture.WorkerAgent.Launcher = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner"];
        fixture.WorkerAgent.Start();
        await fixture.Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        await fixture.AddVolumePlanAsync();

        (int code, _) = await fixture.RunPlanAsync("volume");

        Assert.Equal(6, code);
        JsonElement point = await fixture.Cluster.CliJsonAsync("point", "show", "latest");
        JsonElement[] items = [.. point.GetProperty("snapshots")[0].GetProperty("items").EnumerateArray()];
        Assert.Equal(["closed", "locked"], items.Select(item => item.GetProperty("path").GetString()));
        Assert.All(items, item => Assert.Equal("Unreadable", item.GetProperty("state").GetString()));
        ProcessResult download = await fixture.Cluster.TryCliAsync("download", "latest", "volume/data", "-o", Path.Combine(fixture.Folder, "x.tar"));
        Assert.Equal(6, download.ExitCode);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_FileThatHangs_IsNamedAndTheOthersAreKept()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.WorkerAgent!.StopAsync();
        fixture.AddFile("hangs", 300_000);
        fixture.AddFile("z", 300_000);
        string hangs = Path.Combine(fixture.Layout.Volume, "hangs");
        await File.AppendAllTextAsync(Path.Combine(fixture.WorkerAgent.Folder, "agent.yaml"), "reading:\n  hungAfterSeconds: 3\n");

        // Every read of this one file takes a minute, as on a network file system whose server went away.
        fixture.WorkerAgent.Launcher =
            ["strace", "-f", "-qq", "-o", "/dev/null", "-P", hangs, "-e", "trace=pread64", "-e", "inject=pread64:delay_enter=60000000"];
        fixture.WorkerAgent.Start();
        await fixture.Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        await fixture.AddVolumePlanAsync();

        (int code, JsonElement run) = await fixture.RunPlanAsync("volume");

        Assert.True(code == 6, $"{run}\n{fixture.WorkerAgent.Output}");
        JsonElement snapshot = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("snapshots")[0];
        JsonElement item = Assert.Single(snapshot.GetProperty("items").EnumerateArray());
        Assert.Equal("hangs", item.GetProperty("path").GetString());
        Assert.Contains("hung", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, snapshot.GetProperty("counts").GetProperty("files").GetInt64());
        Assert.Equal(1, snapshot.GetProperty("counts").GetProperty("failed").GetInt64());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_NamesThatHang_AreNamedAndTheOthersAreKept()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.WorkerAgent!.StopAsync();
        fixture.AddFile("b-dead", 100);
        fixture.AddFile("z", 100);
        string list = Directory.CreateDirectory(Path.Combine(fixture.Layout.Volume, "c-list")).FullName;
        await File.WriteAllTextAsync(Path.Combine(list, "below"), "never seen");
        await File.AppendAllTextAsync(Path.Combine(fixture.WorkerAgent.Folder, "agent.yaml"), "reading:\n  hungAfterSeconds: 3\n");

        // A look at one name and the listing of one directory take a minute.
        fixture.WorkerAgent.Launcher =
        [
            "strace", "-f", "-qq", "-o", "/dev/null", "-P", "b-dead", "-P", list, "-e", "trace=statx,getdents64",
            "-e", "inject=statx:delay_enter=60000000", "-e", "inject=getdents64:delay_enter=60000000",
        ];
        fixture.WorkerAgent.Start();
        await fixture.Cluster.WaitForNodeAsync(ClusterFixture.WorkerNode, connected: true);
        await fixture.AddVolumePlanAsync();

        (int code, JsonElement run) = await fixture.RunPlanAsync("volume");

        Assert.True(code == 6, $"{run}\n{fixture.WorkerAgent.Output}");
        JsonElement snapshot = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("snapshots")[0];
        JsonElement[] items = [.. snapshot.GetProperty("items").EnumerateArray()];
        Assert.Equal(["b-dead", "c-list"], items.Select(item => item.GetProperty("path").GetString()));
        Assert.All(items, item => Assert.Contains("hung", item.GetProperty("reason").GetString(), StringComparison.Ordinal));
        Assert.Equal((2, 2), (snapshot.GetProperty("counts").GetProperty("files").GetInt64(), snapshot.GetProperty("counts").GetProperty("failed").GetInt64()));
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Volume_ChangesWhileRead_EndsWithEverythingNamed()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        for (int i = 0; i < 400; i++)
        {
            fixture.AddFile($"busy-{i:000}", 20_000 + i);
        }

        await fixture.AddVolumePlanAsync();
        using CancellationTokenSource stop = new();
        Task writer = Task.Run(() => Disturb(fixture.Layout.Volume, stop.Token));

        (int code, JsonElement run) = await fixture.RunPlanAsync("volume");
        await stop.CancelAsync();
        await writer;

        Assert.True(code is 0 or 6, $"exit code {code}: {run}");
        JsonElement snapshot = (await fixture.Cluster.CliJsonAsync("point", "show", "latest")).GetProperty("snapshots")[0];
        Assert.Equal(code == 0, snapshot.GetProperty("counts").GetProperty("failed").GetInt64() == 0);
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Etcd_OfAWorker_IsADeniedSource()
    {
        await using ClusterFixture fixture = await WithWorkerAsync();
        await fixture.AddPlanAsync("etcd", $"- etcd: {{}}\n  nodes:\n  - names: [{ClusterFixture.WorkerNode}]");

        (int code, JsonElement run) = await fixture.RunPlanAsync("etcd");

        Assert.Equal(7, code);
        JsonElement denied = run.Source("etcd/");
        Assert.Equal("PermissionDenied", denied.Cause());
        Assert.Contains("enrolled as a worker", denied.GetProperty("failure").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await fixture.CountPointsAsync());
        await fixture.AssertSoundAsync();
    }

    [Fact]
    public async Task Etcd_Stopped_FailsAloneAndTheFilesAreKept()
    {
        await using ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddControlPlaneAsync();
        await fixture.Etcd!.StopAsync();
        await fixture.AddPlanAsync(
            "control-plane",
            $"- etcd: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]\n- controlPlane: {{}}\n  nodes:\n  - names: [{ClusterFixture.ControlPlaneNode}]");

        (int code, JsonElement run) = await fixture.RunPlanAsync("control-plane");

        Assert.Equal(6, code);
        Assert.Equal("EtcdUnavailable", run.Source("etcd/").Cause());
        Assert.Equal("Completed", run.Source("control-plane/").State());
        await fixture.AssertSoundAsync();
    }

    private static async Task<ClusterFixture> WithWorkerAsync()
    {
        ClusterFixture fixture = await ClusterFixture.StartAsync();
        await fixture.AddWorkerAsync();
        fixture.AddFile("a", 1000);
        return fixture;
    }

    private static void Disturb(string volume, CancellationToken cancellationToken)
    {
        Random random = new(1);
        while (!cancellationToken.IsCancellationRequested)
        {
            string path = Path.Combine(volume, $"busy-{random.Next(400):000}");
            switch (random.Next(3))
            {
                case 0:
                    File.Delete(path);
                    break;
                case 1:
                    File.WriteAllBytes(path, new byte[random.Next(50_000)]);
                    break;
                default:
                    File.AppendAllText(path, "more");
                    break;
            }
        }
    }
}
