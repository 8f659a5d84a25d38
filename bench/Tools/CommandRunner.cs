using K8sBackup.Bench.Accounting;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Bench.Tools;

/// <summary>Runs commands to their end, one at a time, and measures them. A command that is given up is killed by its id.</summary>
internal sealed class CommandRunner
{
    // Many times what the slowest operation takes at scale 1 on two cores.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(60);

    private readonly TimeProvider _clock;

    public CommandRunner(TimeProvider clock) => _clock = clock;

    /// <summary>Wall time from before the program starts until after it ended, its CPU time and its peak.</summary>
    /// <exception cref="BenchFailedException">It did not succeed; the message has its output.</exception>
    public async Task<(Measured Measured, string Output)> RunAsync(
        string program,
        string fileName,
        string[] arguments,
        string folder,
        CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        TimeSpan cpu = ChildUsage.Cpu();
        long start = _clock.GetTimestamp();
        await using ChildProcess child = ChildProcess.Start(fileName, arguments, environment, folder);
        PeakWatch peak = new(child.Id, _clock, cancellationToken);
        int code = await child.WaitForExitAsync(Timeout).WaitAsync(cancellationToken);
        double wall = _clock.GetElapsedTime(start).TotalSeconds;
        if (code != 0)
        {
            throw new BenchFailedException($"{program} {string.Join(' ', arguments)} ended with {code}:\n{child.Output}");
        }

        ProcessUse use = new(program, (ChildUsage.Cpu() - cpu).TotalSeconds, await peak.PeakAsync());
        return (new Measured(wall, [use]), child.Output);
    }
}
