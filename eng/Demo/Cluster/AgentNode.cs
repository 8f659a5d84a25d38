using K8sBackup.TestKit.Processes;

namespace K8sBackup.Demo.Cluster;

/// <summary>A node of the local cluster with its agent as a separate process.</summary>
internal sealed class AgentNode : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(2);

    private readonly string _configFile;
    private readonly IReadOnlyDictionary<string, string?> _environment;
    private ChildProcess? _process;

    public AgentNode(string name, string directory, string hostRoot, IReadOnlyDictionary<string, string?> environment)
    {
        Name = name;
        Folder = directory;
        HostRoot = hostRoot;
        _environment = environment;
        _configFile = Path.Combine(directory, "agent.yaml");
    }

    public string Name { get; }

    /// <summary>Everything of the agent: configuration, state and spool.</summary>
    public string Folder { get; }

    /// <summary>What the node's file system is.</summary>
    public string HostRoot { get; }

    public string TokenFile => Path.Combine(Folder, "join.token");

    public string SpoolFolder { get; init; } = "";

    /// <summary>A program with arguments that starts the agent, for example without some rights; none by default.</summary>
    public IReadOnlyList<string> Launcher { get; set; } = [];

    public string Output => _process?.Output ?? "";

    public ChildProcess Process => _process ?? throw new InvalidOperationException($"The agent of {Name} is not running.");

    /// <summary>Writes the agent's configuration.</summary>
    public void Configure(Uri coordinator, IEnumerable<string> restoreRoots)
    {
        Directory.CreateDirectory(Folder);
        string spool = SpoolFolder.Length > 0 ? SpoolFolder : Path.Combine(Folder, "spool");
        string roots = string.Concat(restoreRoots.Select(root => $"\n- {root}"));
        File.WriteAllText(
            _configFile,
            $"""
            coordinators:
            - {coordinator.GetLeftPart(UriPartial.Authority)}
            node: {Name}
            joinTokenFile: {TokenFile}
            stateDir: {Path.Combine(Folder, "state")}
            hostRoot: {HostRoot}
            spool:
              dir: {spool}
              maxBytes: 1GiB
            labels:
              demo: "true"
            restoreRoots:{(roots.Length > 0 ? roots : " []")}

            """);
    }

    public void Start()
    {
        string[] command = [.. Launcher, Programs.Agent, "--config", _configFile];
        _process = ChildProcess.Start(command[0], command[1..], _environment);
    }

    /// <summary>Kills the agent alone, as a crash would.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await EndAsync();
    }

    public async Task StopAsync()
    {
        Process.Terminate();
        await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    private async Task EndAsync()
    {
        await Process.WaitForExitAsync(StopTimeout);
        await DisposeAsync();
    }
}
