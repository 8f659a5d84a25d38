using K8sBackup.TestKit.ControlPlane;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>A node's agent: a process in the network of the node, started again when it is killed.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private const int PrintedMax = 20;
    private const int Killed = 128 + 9;

    private readonly SimulatedNode _node;
    private readonly string _folder;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private ChildProcess? _process;

    /// <param name="node">Where it runs.</param>
    /// <param name="coordinator">Whom it dials.</param>
    /// <param name="joinToken">For its first start.</param>
    /// <param name="folder">For its configuration and all it keeps.</param>
    public AgentProcess(SimulatedNode node, Uri coordinator, string joinToken, string folder)
    {
        _node = node;
        _folder = folder;
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "token"), joinToken);
        File.WriteAllText(
            Configuration,
            $"""
            coordinators: [{coordinator.GetLeftPart(UriPartial.Authority)}]
            node: {node.Name}
            joinTokenFile: {folder}/token
            stateDir: {folder}/state
            hostRoot: {node.Root}
            spool: {'{'} dir: {folder}/spool {'}'}
            drills: {'{'} dir: {folder}/drills {'}'}
            logLevel: warning

            """);
        _running = Task.Run(RunAsync);
    }

    /// <summary>How often it died of <see cref="DieEverywhere"/>.</summary>
    public int Deaths => File.Exists(List) ? File.ReadAllLines(List).Length : 0;

    // This assembly as a program.
    private static string Program => Path.Combine(AppContext.BaseDirectory, typeof(AgentProcess).Assembly.GetName().Name!);

    private string Configuration => Path.Combine(_folder, "agent.yaml");

    private string List => Path.Combine(_folder, "deaths");

    /// <summary>From now on it is killed before each change that a step makes, once for each.</summary>
    public void DieEverywhere() => File.Create(List).Dispose();

    /// <summary>The end of what it printed, for failure messages.</summary>
    public string Output() => string.Join('\n', _process?.Lines.TakeLast(PrintedMax) ?? []);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        int exit = Killed;
        while (exit == Killed && !_stop.IsCancellationRequested)
        {
            (string program, string[] arguments) = _node.Inside(Program, List, "--config", Configuration);
            await using ChildProcess process = ChildProcess.Start(program, arguments);
            _process = process;
            await using CancellationTokenRegistration stop = _stop.Token.Register(process.Terminate);
            exit = await process.WaitForExitAsync(Timeout.InfiniteTimeSpan);
        }
    }
}
