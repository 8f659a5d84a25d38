using K8sBackup.Chart.Tests.Rendering;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Processes;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Chart.Tests.Pods;

/// <summary>
/// The coordinator and one agent as the chart would run them, with what <c>init</c> made. There is no API server: what needs one is taken
/// out of the rendered configuration, and the agent enrols with a join token.
/// </summary>
internal sealed class PodCluster : IAsyncDisposable
{
    public const string Volume = "/var/lib/kubelet/pods/11111111-2222-3333-4444-555555555555/volumes/kubernetes.io~empty-dir/data";

    private const string Nobody = "65532:65532";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] _needApi = ["kubernetes", "health", "listen", "serviceAccountTokenFile", "authorityFile"];

    private readonly TemporaryDirectory _directory = new();
    private readonly RenderedChart _chart;

    public PodCluster(RenderedChart chart) => _chart = chart;

    /// <summary>A capability the agent does not get; empty for none.</summary>
    public string Without { get; init; } = "";

    public ChildProcess? Coordinator { get; private set; }

    public ChildProcess? Agent { get; private set; }

    public string VolumeOnNode => Folder("node") + Volume;

    private string Folder(string name) => Path.Combine(_directory.Path, name);

    /// <summary>Makes repository, volume and plan, and starts both.</summary>
    public async Task StartAsync(string agents)
    {
        Directory.CreateDirectory(VolumeOnNode);
        await ScriptAsync("make");
        await CliAsync("init", "--cluster", "prod", "--state", Folder("state"), "--store", Folder("backup"), "--host", "localhost", "--operator-dir", Folder("operator"), "--recovery-out", Folder("recovery"));
        Directory.CreateDirectory(Folder("key"));
        File.Move(Path.Combine(Folder("state"), "repository.key"), Path.Combine(Folder("key"), "repository.key"));
        await File.WriteAllTextAsync(
            Path.Combine(Folder("state"), "plans", "data.yaml"),
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: data}}\nspec:\n  sources:\n    - volume: {{name: data, path: \"{Volume}\"}}\n");
        WriteConfiguration("config", _chart.Coordinator.Name, "coordinator.yaml", "listen: \"127.0.0.1:0\"\n");
        await RunAsync("/usr/bin/chown", "-R", Nobody, Folder("state"), Folder("backup"), Folder("key"));
        Coordinator = PodProcess.Start(_chart.Coordinator, Volumes("config"), Folder("coordinator-root"), "", Programs.Coordinator, "--config", "/etc/k8sbackup/config/coordinator.yaml");
        await Coordinator.WaitForLineAsync(line => line.Contains("listens on", StringComparison.Ordinal), Patience);
        string address = $"https://{(await File.ReadAllTextAsync(Path.Combine(Folder("state"), "address"))).Trim()}";
        await File.WriteAllTextAsync(Path.Combine(Folder("operator"), "config.yaml"), $"coordinator: {address}\nidentity: identity\n");
        await CliAsync("join-token", "--role", "worker", "--node", "worker-1", "--output-file", Path.Combine(Directory.CreateDirectory(Folder("identity")).FullName, "token"));
        KubeObject workload = _chart.Agents.Single(each => each.Name == agents);
        WriteConfiguration("agent-config", workload.Name, "agent.yaml", "");
        Agent = PodProcess.Start(
            workload, Volumes("agent-config"), Folder("agent-root"), Without, Programs.Agent,
            "--config", "/etc/k8sbackup/agent.yaml", "--node", "worker-1", "--coordinator", address, "--join-token-file", "/var/run/k8sbackup/token");
        await Agent.WaitForLineAsync(line => line.Contains("is connected to", StringComparison.Ordinal), Patience);
    }

    /// <summary>A command that must succeed.</summary>
    public async Task<string> CliAsync(params string[] arguments)
    {
        ProcessResult result = await TryCliAsync(arguments);
        Assert.True(result.ExitCode == 0, $"k8sbackup {string.Join(' ', arguments)}: {result.StandardOutput}\n{result.StandardError}\n{Coordinator?.Output}\n{Agent?.Output}");
        return result.StandardOutput;
    }

    public Task<ProcessResult> TryCliAsync(params string[] arguments) => ChildProcess.RunAsync(
        Programs.Cli, arguments, Patience, new Dictionary<string, string?> { ["K8SBACKUP_CONFIG"] = Path.Combine(Folder("operator"), "config.yaml") });

    /// <summary>Everything about the volume's files.</summary>
    public Task<string> DescribeAsync() => ScriptAsync("describe");

    public async Task EmptyVolumeAsync()
    {
        await ScriptAsync("unlock");
        Directory.Delete(VolumeOnNode, recursive: true);
        Directory.CreateDirectory(VolumeOnNode);
    }

    public async ValueTask DisposeAsync()
    {
        await (Agent?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Coordinator?.DisposeAsync() ?? ValueTask.CompletedTask);
        await ScriptAsync("unlock");
        _directory.Dispose();
    }

    private Dictionary<string, string> Volumes(string configuration) => new()
    {
        ["config"] = Folder(configuration),
        ["key"] = Folder("key"),
        ["backup"] = Folder("backup"),
        ["state"] = Folder("state"),
        ["tmp"] = Folder("tmp"),
        ["identity"] = Folder("identity"),
        ["node"] = Folder("node"),
    };

    private void WriteConfiguration(string folder, string map, string name, string more)
    {
        YamlMappingNode settings = (YamlMappingNode)Yaml.Documents(_chart.File(map, name)).Single();
        foreach (string key in _needApi)
        {
            settings.Children.Remove(new YamlScalarNode(key));
        }

        using StringWriter text = new();
        new YamlStream(new YamlDocument(settings)).Save(text, assignAnchors: false);
        Directory.CreateDirectory(Folder(folder));
        File.WriteAllText(Path.Combine(Folder(folder), name), text.ToString().Replace("...", "", StringComparison.Ordinal) + more);
    }

    private Task<string> ScriptAsync(string verb) => RunAsync(RepositoryTree.PathOf("tests/Chart.Tests/Pods/volume.sh"), verb, VolumeOnNode);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        ProcessResult result = await ChildProcess.RunAsync(program, arguments, Patience);
        Assert.True(result.ExitCode == 0, $"{program}: {result.StandardError}");
        return result.StandardOutput;
    }
}
