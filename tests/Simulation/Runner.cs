using System.Diagnostics;
using System.Globalization;
using K8sBackup.Simulation.Sabotages;
using K8sBackup.Simulation.Worlds;

namespace K8sBackup.Simulation;

/// <summary>Runs worlds one after the other; the first that breaks an invariant ends it, with how to see it again.</summary>
internal static class Runner
{
    private const int Fine = 0;
    private const int Broken = 1;
    private const int Misused = 2;
    private const int ReportEvery = 500;

    public static int Run(IReadOnlyList<string> args, TextWriter output)
    {
        RunnerOptions options;
        try
        {
            options = RunnerOptions.Parse(args);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            output.WriteLine($"usage: ./dev sim [--seeds N] [--first S] [--trace]; {e.Message}");
            return Misused;
        }

        RequireOneThread();
        using Credentials credentials = new();
        long begin = Stopwatch.GetTimestamp();
        int done = 0;
        foreach (WorldOptions world in Worlds(options))
        {
            if (!RunWorld(world, options, credentials, output))
            {
                return Broken;
            }

            if (++done % ReportEvery == 0)
            {
                output.WriteLine($"{done} worlds after {Stopwatch.GetElapsedTime(begin).TotalSeconds:F0} s");
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done} worlds, all invariants held, {Stopwatch.GetElapsedTime(begin).TotalSeconds:F1} s"));
        return Fine;
    }

    private static IEnumerable<WorldOptions> Worlds(RunnerOptions options) => options.CrashCalls > 0
        ? Enumerable.Range(options.CrashFirst, options.CrashCalls).SelectMany(call => Enumerable.Range(0, 3)
            .Select(moment => options.InPrunes ? WorldOptions.CrashInPruneAt(call, moment) : WorldOptions.CrashAt(call, moment)))
        : Enumerable.Range(options.First, options.Seeds).Select(seed => WorldOptions.Draw(seed).Sabotaged(options.Sabotage));

    private static bool RunWorld(WorldOptions options, RunnerOptions asked, Credentials credentials, TextWriter output)
    {
        using Trace trace = new(asked.Trace ? output : null);
        try
        {
            using World world = new(options, credentials, trace);
            world.Run();
            if (asked.Digests)
            {
                output.WriteLine($"{options.Seed} {trace.Digest()} {trace.Lines}");
            }

            return true;
        }
#pragma warning disable CA1031 // Not swallowed: whatever comes out of a world is the finding, and fails the run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Report(options, asked, trace, e, output);
            return false;
        }
    }

    private static void Report(WorldOptions options, RunnerOptions asked, Trace trace, Exception fault, TextWriter output)
    {
        if (!asked.Trace)
        {
            foreach (string line in trace.Last.TakeLast(60))
            {
                output.WriteLine(line);
            }
        }

        output.WriteLine(fault);
        output.WriteLine(options);
        string sabotage = options.Sabotage == Sabotage.None ? "" : $" --sabotage {options.Sabotage}";
        string how = asked.CrashCalls > 0 ? $"--crash-{(asked.InPrunes ? "prune-" : "")}calls 1 --crash-first {options.CrashAtCall}" : $"--first {options.Seed} --seeds 1{sabotage}";
        output.WriteLine($"seed {options.Seed} failed: {fault.Message}");
        output.WriteLine($"replay: ./dev sim {how} --trace");
    }

    // Everything depends on it: with a second thread, two runs of a seed would differ.
    private static void RequireOneThread()
    {
        ThreadPool.GetMaxThreads(out int threads, out _);
        if (threads != 1)
        {
            throw new InvalidOperationException($"The thread pool may have {threads} threads; the runtime configuration beside the program is missing.");
        }
    }
}
