using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sBackup.Bench.Accounting;
using K8sBackup.Bench.Memory;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Bench.Tools;

/// <summary>Coordinator and agent as two processes that speak over mutual TLS on the loopback interface, set up as an operator would.</summary>
internal sealed class OwnCluster : IAsyncDisposable
{
    /// <summary>The plan of every backup.</summary>
    public const string Plan = "bench";

    private const string Node = "bench-1";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly CommandRunner _runner;
    private readonly TimeProvider _clock;
    private readonly string _directory;

    public OwnCluster(CommandRunner runner, TimeProvider clock, string directory)
    {
        _runner = runner;
        _clock = clock;
        _directory = directory;
        Store = Path.Combine(directory, "store");
    }

    public string Store { get; }

    /// <summary>Group the coordinator runs in, when its memory is limited.</summary>
    public MemoryLimit? CoordinatorLimit { get; init; }

    /// <summary>Group the agent runs in, when its memory is limited.</summary>
    public MemoryLimit? AgentLimit { get; init; }

    /// <summary>What the plan says of retention; it keeps everything when that is nothing.</summary>
    public string Retention { get; init; } = "{}";

    /// <summary>Called with the store and the repository's key file before anything is started.</summary>
    public Func<string, string, Task>? AfterInit { get; init; }

    public ChildProcess? Coordinator { get; private set; }

    public ChildProcess? Agent { get; private set; }

    /// <summary>Everything both programs printed.</summary>
    public string Output => $"The coordinator said:\n{Coordinator?.Output}\nThe agent said:\n{Agent?.Output}";

    private string State => Path.Combine(_directory, "coordinator");

    private string OperatorFolder => Path.Combine(_directory, "operator");

    /// <summary>Starts everything, with one volume and a plan for it. Restores may go anywhere below <paramref name="root"/>.</summary>
    public async Task StartAsync(string root, string volume, CancellationToken cancellationToken)
    {
        await RunAsync(
            ["init", "--cluster", "bench", "--state", State, "--store", Store, "--listen", $"127.0.0.1:{FreePort()}",
                "--recovery-out", Path.Combine(_directory, "recovery.txt"), "--operator-dir", OperatorFolder],
            cancellationToken);
        if (AfterInit is not null)
        {
            await AfterInit(Store, Path.Combine(State, "repository.key"));
        }

        Coordinator = Start(OwnPrograms.Coordinator, Path.Combine(State, "coordinator.yaml"), CoordinatorLimit);
        string addressFile = Path.Combine(State, "address");
        await WaitAsync(() => Task.FromResult(File.Exists(addressFile)), "the coordinator listens", cancellationToken);

        string tokenFile = Path.Combine(_directory, "join.token");
        await RunAsync(["join-token", "--role", "worker", "--node", Node, "--output-file", tokenFile], cancellationToken);
        string address = (await File.ReadAllTextAsync(addressFile, cancellationToken)).Trim();
        string agentConfig = Path.Combine(_directory, "agent.yaml");
        await File.WriteAllTextAsync(
            agentConfig,
            $"""
            coordinators: [https://{address}]
            node: {Node}
            joinTokenFile: {tokenFile}
            stateDir: {Path.Combine(_directory, "agent")}
            volumeRoots: [{root}]
            restoreRoots: [{root}]

            """,
            cancellationToken);
        Agent = Start(OwnPrograms.Agent, agentConfig, AgentLimit);
        await WaitAsync(() => HasAsync(["nodes"], n => n.GetProperty("connected").GetBoolean(), cancellationToken), "the agent is connected", cancellationToken);

        await File.WriteAllTextAsync(
            Path.Combine(State, "plans", Plan + ".yaml"),
            $"""
            apiVersion: k8sbackup.dev/v1alpha1
            kind: BackupPlan
            metadata:
              name: {Plan}
            spec:
              sources:
              - volume:
                  name: data
                  path: {volume}
                nodes:
                - names: [{Node}]
              retention: {Retention}

            """,
            cancellationToken);
        await WaitAsync(() => HasAsync(["plan", "list"], p => p.GetProperty("name").GetString() == Plan, cancellationToken), "the plan is in force", cancellationToken);
    }

    public async Task<Measured> BackUpAsync(CancellationToken cancellationToken) =>
        (await RunAsync(["plan", "run", Plan, "--watch"], cancellationToken)).Measured;

    /// <summary>Lists why each restore point stays or goes.</summary>
    public async Task<Measured> ExplainAsync(CancellationToken cancellationToken) =>
        (await RunAsync(["retention", "explain", "--plan", Plan], cancellationToken)).Measured;

    public async Task<Measured> RestoreAsync(string target, CancellationToken cancellationToken) =>
        (await RunAsync(["restore", "files", "latest", "volume/data", "--target", target, "--watch"], cancellationToken)).Measured;

    /// <summary>Asks both to end, and kills by its id what does not.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess child in new[] { Agent, Coordinator }.OfType<ChildProcess>())
        {
            await using (child)
            {
                child.Terminate();
                await child.WaitForExitAsync(StopTimeout).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private static ChildProcess Start(string program, string config, MemoryLimit? limit)
    {
        (string wrapped, string[] arguments) = limit?.Wrap(program, ["--config", config]) ?? (program, ["--config", config]);
        return ChildProcess.Start(wrapped, arguments);
    }

    // The coordinator takes the port it is told; nobody else on this machine asks for one between here and there.
    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Task<(Measured Measured, string Output)> RunAsync(string[] arguments, CancellationToken cancellationToken) => _runner.RunAsync(
        OwnTool.CommandLineProgram, OwnPrograms.CommandLine, [.. arguments, "--config", Path.Combine(OperatorFolder, "config.yaml")], _directory, cancellationToken);

    private async Task<bool> HasAsync(string[] command, Func<JsonElement, bool> condition, CancellationToken cancellationToken)
    {
        (_, string output) = await RunAsync([.. command, "--output", "json"], cancellationToken);
        using JsonDocument document = JsonDocument.Parse(output);
        return document.RootElement.EnumerateArray().Any(condition);
    }

    private async Task WaitAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        while (!await condition())
        {
            if (Coordinator?.HasExited == true || Agent?.HasExited == true || _clock.GetElapsedTime(start) > StartTimeout)
            {
                throw new BenchFailedException($"It did not come to pass that {what}. {Output}");
            }

            await Task.Delay(Poll, _clock, cancellationToken);
        }
    }
}
