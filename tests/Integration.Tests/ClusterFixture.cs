using System.Text.Json;
using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.ControlPlane;
using K8sBackup.Demo.Etcd;
using K8sBackup.Demo.Native;
using K8sBackup.Demo.Volumes;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>
/// A coordinator and agents as real processes in a directory of their own. As a class fixture it starts the
/// coordinator alone; a test adds what it needs. Commands run in the tests' process: starting one takes longer than most of them.
/// </summary>
public sealed class ClusterFixture : IAsyncLifetime, IAsyncDisposable
{
    public const string ControlPlaneNode = "cp-1";
    public const string WorkerNode = "worker-1";

    private const int Seed = 7;

    private bool _disposed;

    public ClusterFixture()
    {
        Folder = Directory.CreateTempSubdirectory("k8sbackup-it-").FullName;
        Cluster = new LocalCluster(Folder, TimeProvider.System) { Commands = InnerCli.RunAsync };
        Layout = new SampleLayout(Folder);
    }

    public string Folder { get; }

    internal LocalCluster Cluster { get; set; }

    internal SampleLayout Layout { get; }

    internal HostRoot? Host { get; private set; }

    internal EtcdProcess? Etcd { get; private set; }

    internal AgentNode? ControlPlaneAgent { get; private set; }

    internal AgentNode? WorkerAgent { get; private set; }

    /// <summary>A cluster for one test, with its coordinator running.</summary>
    public static async Task<ClusterFixture> StartAsync()
    {
        ClusterFixture fixture = new();
        try
        {
            await fixture.InitializeAsync();
            return fixture;
        }
        catch
        {
            await fixture.DisposeAsync();
            throw;
        }
    }

    public async Task InitializeAsync()
    {
        await Cluster.InitAsync();
        await Cluster.StartCoordinatorAsync();
    }

    /// <summary>Lays out a control-plane node with a filled etcd and starts its agent.</summary>
    public async Task AddControlPlaneAsync(int keys = 500, string spool = "")
    {
        (int client, int peer) = (FreePort.Take(), FreePort.Take());
        Host = HostRoot.Create(Layout.HostRootOf(ControlPlaneNode), ControlPlaneNode, client, peer);
        Etcd = new EtcdProcess(Host, ControlPlaneNode, client, peer, TimeProvider.System);
        await Etcd.StartAsync(CancellationToken.None);
        using EtcdGateway etcd = Etcd.Connect();
        await SampleKeys.FillAsync(etcd, keys, Seed, CancellationToken.None);
        ControlPlaneAgent = await Cluster.AddAgentAsync(ControlPlaneNode, "control-plane", Host.Root, spool, "/srv/recovered");
    }

    /// <summary>Starts a control-plane agent on a node without an etcd of its own.</summary>
    public async Task AddControlPlaneAgentAsync()
    {
        string root = Directory.CreateDirectory(Layout.HostRootOf(ControlPlaneNode)).FullName;
        ControlPlaneAgent = await Cluster.AddAgentAsync(ControlPlaneNode, "control-plane", root, "");
    }

    /// <summary>Makes an empty volume and starts the worker's agent.</summary>
    public async Task AddWorkerAsync()
    {
        Directory.CreateDirectory(Layout.Volume);
        WorkerAgent = await Cluster.AddAgentAsync(WorkerNode, "worker", Layout.HostRootOf(WorkerNode), "", "/srv/recovered");
    }

    /// <summary>Fills the volume with everything a file system may hold.</summary>
    public void FillVolume(int files = 300) => SampleVolume.Create(Layout.Volume, files, Seed);

    /// <summary>Puts a file of random bytes into the volume.</summary>
    public void AddFile(string name, int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(Seed + bytes).NextBytes(content);
        File.WriteAllBytes(Path.Combine(Layout.Volume, name), content);
    }

    /// <summary>Adds a plan with the sources given in YAML list form.</summary>
    public Task AddPlanAsync(string name, string sources) => Cluster.AddPlanAsync(
        name,
        $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: {name}\nspec:\n  sources:\n{Indented(sources)}\n");

    public Task AddVolumePlanAsync(string name = "volume") => AddPlanAsync(name, VolumeSource(SampleLayout.VolumeOnNode));

    public static string VolumeSource(string path, string name = "data") =>
        $"- volume:\n    name: {name}\n    path: {path}\n  nodes:\n  - names: [{WorkerNode}]";

    /// <summary>Runs a plan to its end; gives the exit code and the last state of the run.</summary>
    public async Task<(int Code, JsonElement Run)> RunPlanAsync(string plan)
    {
        ProcessResult result = await Cluster.TryCliAsync("plan", "run", plan, "--watch", "--output", "json");
        string last = result.StandardOutput.TrimEnd().Split('\n')[^1];
        Assert.True(last.StartsWith('{'), $"exit code {result.ExitCode}: {result.StandardError}\n{Cluster.CoordinatorOutput}");
        return (result.ExitCode, JsonDocument.Parse(last).RootElement);
    }

    /// <summary>The run completed; with what it and the processes said otherwise.</summary>
    public void AssertCompleted((int Code, JsonElement Run) outcome) =>
        Assert.True(outcome.Code == 0, $"{outcome.Run}\n-- worker:\n{WorkerAgent?.Output}\n-- control plane:\n{ControlPlaneAgent?.Output}\n-- coordinator:\n{Cluster.CoordinatorOutput}");

    /// <summary>Every test that wrote to the repository ends with this.</summary>
    public async Task AssertSoundAsync()
    {
        ProcessResult result = await Cluster.TryCliAsync("check", "--read-data");
        Assert.True(result.ExitCode == 0, $"check ended with {result.ExitCode}: {result.StandardOutput}{result.StandardError}");
    }

    /// <summary>Number of restore points listed.</summary>
    public async Task<int> CountPointsAsync() => (await Cluster.CliJsonAsync("point", "list")).GetArrayLength();

    public async Task DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await Cluster.DisposeAsync();
        if (Etcd is not null)
        {
            await Etcd.DisposeAsync();
        }

        Host?.Dispose();
        RawTree.Empty(Folder, andItself: true);
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    private static string Indented(string text) => string.Join('\n', text.Split('\n').Select(line => "  " + line));
}
