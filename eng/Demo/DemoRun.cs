using K8sBackup.Demo.Cluster;
using K8sBackup.Demo.Native;

namespace K8sBackup.Demo;

/// <summary>One run of the demo in a directory of its own, which goes when it ends, however it ends.</summary>
internal static class DemoRun
{
    private const int Interrupted = 130;

    public static async Task<int> RunAsync(bool keep, CancellationToken cancellationToken)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("k8sbackup-demo-");
        Scenario scenario = new(directory.FullName, TimeProvider.System);
        try
        {
            await scenario.RunAsync(cancellationToken);
            if (keep)
            {
                scenario.PrintHowToLookAround();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken)
                    .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine("demo: interrupted");
            return Interrupted;
        }
        catch (Exception e) when (e is DemoFailedException or CliException or TimeoutException or InvalidOperationException or IOException or HttpRequestException)
        {
            Console.Error.WriteLine($"demo: FAILED: {e.Message}");
            scenario.PrintLastWords();
            return 1;
        }
        finally
        {
            await scenario.DisposeAsync();
            RawTree.Empty(directory.FullName, andItself: true);
        }
    }
}
