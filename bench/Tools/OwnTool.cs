using K8sBackup.Bench.Accounting;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Bench.Tools;

/// <summary>Ours: an operator's command, and the coordinator and agent it sets to work. CPU time is that of all three.</summary>
internal sealed class OwnTool : IBackupTool
{
    public const string ToolName = "ours";

    /// <summary>The program that only starts and watches.</summary>
    public const string CommandLineProgram = "k8sbackup";

    private readonly OwnCluster _cluster;
    private readonly string _data;
    private readonly string _root;

    /// <summary><paramref name="root"/> is the directory that data and targets of restores lie in.</summary>
    public OwnTool(CommandRunner runner, TimeProvider clock, string data, string directory, string root)
    {
        _cluster = new OwnCluster(runner, clock, directory);
        _data = data;
        _root = root;
    }

    public string Name => ToolName;

    public string Repository => _cluster.Store;

    public static async Task<string> VersionAsync(CommandRunner runner, CancellationToken cancellationToken) =>
        (await runner.RunAsync(CommandLineProgram, OwnPrograms.CommandLine, ["version", "--output", "yaml"], "/", cancellationToken)).Output.Trim();

    public Task PrepareAsync(CancellationToken cancellationToken) => _cluster.StartAsync(_root, _data, cancellationToken);

    // A file whose times changed is read again in any case; the data were touched before this is asked for.
    public Task<Measured> BackUpAsync(bool rereadAll, CancellationToken cancellationToken) => MeasureAsync(() => _cluster.BackUpAsync(cancellationToken));

    public Task<Measured> RestoreAsync(string target, CancellationToken cancellationToken) => MeasureAsync(() => _cluster.RestoreAsync(target, cancellationToken));

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private async Task<Measured> MeasureAsync(Func<Task<Measured>> command)
    {
        (string Program, ChildProcess Process)[] programs = [("agent", _cluster.Agent!), ("coordinator", _cluster.Coordinator!)];
        foreach ((_, ChildProcess process) in programs)
        {
            PeakMemory.Reset(process.Id);
        }

        TimeSpan[] before = [.. programs.Select(p => ProcessClock.Cpu(p.Process.Id))];
        Measured measured = await RunAsync(command);
        IEnumerable<ProcessUse> uses = programs.Select((p, i) =>
            new ProcessUse(p.Program, (ProcessClock.Cpu(p.Process.Id) - before[i]).TotalSeconds, PeakMemory.Bytes(p.Process.Id)));
        return measured with { Processes = [.. uses, .. measured.Processes] };
    }

    // Why a command failed is mostly said by the programs behind it.
    private async Task<Measured> RunAsync(Func<Task<Measured>> command)
    {
        try
        {
            return await command();
        }
        catch (Exception e) when (e is BenchFailedException or TimeoutException)
        {
            throw new BenchFailedException($"{e.Message}\n{_cluster.Output}");
        }
    }
}
