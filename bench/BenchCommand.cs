using K8sBackup.Bench.Memory;
using K8sBackup.Bench.Results;

namespace K8sBackup.Bench;

/// <summary>The command: options, one run, the printed table, the file of results, the exit code.</summary>
internal static class BenchCommand
{
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (arguments is ["--help" or "-h" or "help"])
        {
            Console.WriteLine(BenchOptions.Usage);
            return 0;
        }

        try
        {
            BenchOptions options = BenchOptions.Parse(arguments);
            if (options.Only == MemoryTrials.Name)
            {
                await new MemoryTrials(options, clock).RunAsync(Console.WriteLine, cancellationToken);
                return 0;
            }

            BenchResult result = await new BenchRun(options, clock).RunAsync(cancellationToken);
            foreach (string line in Report.Lines(result))
            {
                Console.WriteLine(line);
            }

            Console.WriteLine($"\nwritten to {ResultFile.Write(result)}");
            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine("bench: interrupted");
            return Interrupted;
        }
        catch (Exception e) when (e is BenchFailedException or IOException or TimeoutException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"bench: FAILED: {e.Message}");
            return 1;
        }
    }
}
