using System.Text.Json;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Demo.Cluster;

/// <summary>
/// A coordinator, agents and the command line as separate processes on this machine, everything under one directory.
/// Used by the demo and by the integration tests.
/// </summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private const string ClusterName = "demo";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _clock;
    private readonly List<AgentNode> _agents = [];
    private readonly Dictionary<string, string?> _environment;
    private readonly CancellationTokenSource _disposed = new();
    private ChildProcess? _coordinator;
    private Uri? _address;

    public LocalCluster(string directory, TimeProvider clock)
    {
        Folder = directory;
        _clock = clock;
        Store = Path.Combine(directory, "store");
        _environment = new Dictionary<string, string?>
        {
            ["K8SBACKUP_CONFIG"] = ClientConfig,
            ["DOTNET_gcServer"] = "0",
            // A runtime that is killed leaves its diagnostic sockets in the temporary directory.
            ["DOTNET_EnableDiagnostics"] = "0",
        };
    }

    public string Folder { get; }

    public string State => Path.Combine(Folder, "coordinator");

    public string Store { get; init; }

    /// <summary>How the command line names a store that is not the directory.</summary>
    public IReadOnlyList<string>? StoreArguments { get; init; }

    /// <summary>Runs a command line of k8sbackup with these variables; a process of its own unless something else is said.</summary>
    public Func<IReadOnlyList<string>, IReadOnlyDictionary<string, string?>, CancellationToken, Task<ProcessResult>> Commands { get; init; } = CliProcess.RunAsync;

    public string Plans => Path.Combine(State, "plans");

    public string RecoveryFile => Path.Combine(Folder, "recovery.txt");

    public string ClientConfig => Path.Combine(Folder, "operator", "config.yaml");

    public IReadOnlyDictionary<string, string?> Variables => _environment;

    public Uri Address => _address ?? throw new InvalidOperationException("The coordinator has not been started.");

    public ChildProcess Coordinator => _coordinator ?? throw new InvalidOperationException("The coordinator is not running.");

    /// <summary>Everything the coordinator printed since its last start.</summary>
    public string CoordinatorOutput => _coordinator?.Output ?? "";

    /// <summary>Makes repository, authority, operator and configuration with <c>k8sbackup init</c>.</summary>
    public Task InitAsync() => CliAsync(
        ["init", "--cluster", ClusterName, "--state", State, .. StoreArguments ?? ["--store", Store], "--listen", $"127.0.0.1:{FreePort.Take()}",
        "--recovery-out", RecoveryFile, "--operator-dir", Path.GetDirectoryName(ClientConfig)!]);

    /// <summary>Starts the coordinator and waits until it listens.</summary>
    public async Task StartCoordinatorAsync()
    {
        string addressFile = Path.Combine(State, "address");
        File.Delete(addressFile);
        _coordinator = ChildProcess.Start(Programs.Coordinator, ["--config", Path.Combine(State, "coordinator.yaml")], _environment);
        await WaitForAsync(
            () => Task.FromResult(File.Exists(addressFile)),
            () => _coordinator.HasExited ? $"The coordinator ended. Its output:\n{_coordinator.Output}" : $"The coordinator does not listen. Its output:\n{_coordinator.Output}",
            () => _coordinator.HasEnded);
        _address = new Uri("https://" + (await File.ReadAllTextAsync(addressFile)).Trim());
    }

    public async Task StopCoordinatorAsync()
    {
        Coordinator.Terminate();
        await EndCoordinatorAsync();
    }

    public async Task KillCoordinatorAsync()
    {
        Coordinator.Kill();
        await EndCoordinatorAsync();
    }

    /// <summary>Enrols and starts an agent, and waits until the coordinator sees it.</summary>
    public async Task<AgentNode> AddAgentAsync(string name, string role, string hostRoot, string spool, params string[] restoreRoots)
    {
        AgentNode agent = NewAgent(name, hostRoot, spool, restoreRoots);
        await CliAsync("join-token", "--role", role, "--node", name, "--output-file", agent.TokenFile);
        agent.Start();
        await WaitForNodeAsync(name, connected: true);
        return agent;
    }

    /// <summary>An agent with its configuration, neither enrolled nor started.</summary>
    public AgentNode NewAgent(string name, string hostRoot, string spool, params string[] restoreRoots)
    {
        AgentNode agent = new(name, Path.Combine(Folder, "agents", name), hostRoot, _environment) { SpoolFolder = spool };
        agent.Configure(Address, restoreRoots);
        _agents.Add(agent);
        return agent;
    }

    /// <summary>Runs the command line and gives what it printed; throws when it fails.</summary>
    public async Task<string> CliAsync(params string[] arguments)
    {
        ProcessResult result = await TryCliAsync(arguments);
        return result.ExitCode == 0 ? result.StandardOutput : throw new CliException(arguments, result);
    }

    /// <summary>Runs the command line, however it ends.</summary>
    public async Task<ProcessResult> TryCliAsync(params string[] arguments)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        deadline.CancelAfter(CommandTimeout);
        return await Commands(arguments, _environment, deadline.Token);
    }

    /// <summary>Runs the command line with <c>--output json</c>.</summary>
    public async Task<JsonElement> CliJsonAsync(params string[] arguments) =>
        JsonDocument.Parse(await CliAsync([.. arguments, "--output", "json"])).RootElement;

    public Task WaitForNodeAsync(string name, bool connected) => WaitForAsync(
        async () => (await CliJsonAsync("nodes")).EnumerateArray()
            .Any(node => node.GetProperty("name").GetString() == name && node.GetProperty("connected").GetBoolean() == connected),
        () => $"Node {name} is not {(connected ? "connected" : "gone")}. Its agent says:\n{_agents.Find(a => a.Name == name)?.Output}\nThe coordinator says:\n{CoordinatorOutput}");

    /// <summary>Writes a plan file and waits until the plan is in force.</summary>
    public async Task AddPlanAsync(string name, string yaml)
    {
        await File.WriteAllTextAsync(Path.Combine(Plans, name + ".yaml"), yaml);
        await WaitForAsync(
            async () => (await CliJsonAsync("plan", "list")).EnumerateArray().Any(plan => plan.GetProperty("name").GetString() == name),
            () => $"Plan {name} is not in force. The coordinator says:\n{CoordinatorOutput}");
    }

    /// <summary>The last lines each process printed.</summary>
    public string LastWords(int lines) => string.Join(
        '\n',
        _agents.Select(agent => (agent.Name, agent.Output))
            .Append(("coordinator", CoordinatorOutput))
            .SelectMany(said => said.Item2.Split('\n').TakeLast(lines).Prepend($"-- {said.Item1} said last:")));

    /// <summary>Waits until a condition holds; for as long as something takes to start when nothing is said.</summary>
    public async Task WaitForAsync(Func<Task<bool>> condition, Func<string> otherwise, Func<bool>? isHopeless = null, TimeSpan? patience = null)
    {
        long start = _clock.GetTimestamp();
        while (!await condition())
        {
            if (isHopeless?.Invoke() == true || _clock.GetElapsedTime(start) > (patience ?? StartTimeout))
            {
                throw new TimeoutException(otherwise());
            }

            await Task.Delay(Poll, _clock, CancellationToken.None);
        }
    }

    /// <summary>Ends the command that runs now, and every later one at once.</summary>
    public Task EndCommandsAsync() => _disposed.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await EndCommandsAsync();
        foreach (AgentNode agent in _agents)
        {
            await agent.DisposeAsync();
        }

        if (_coordinator is not null)
        {
            await _coordinator.DisposeAsync();
        }
    }

    private async Task EndCoordinatorAsync()
    {
        await Coordinator.WaitForExitAsync(StartTimeout);
        await Coordinator.DisposeAsync();
        _coordinator = null;
    }
}
