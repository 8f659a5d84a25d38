using System.Diagnostics;

namespace K8sBackup.FakeKube.Serving;

/// <summary>Plays containers with this machine's own programs: what is run in any pod runs here.</summary>
public static class HostCommands
{
    public static async Task<int> RunAsync(ExecCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        ProcessStartInfo start = new(call.Command[0], call.Command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{call.Command[0]} did not start.");
        try
        {
            Task output = process.StandardOutput.BaseStream.CopyToAsync(call.Output, cancellationToken);
            Task error = process.StandardError.BaseStream.CopyToAsync(call.Error, cancellationToken);
            _ = FeedAsync(process, call.Input, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await Task.WhenAll(output, error);
            return process.ExitCode;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task FeedAsync(Process process, Stream input, CancellationToken cancellationToken)
    {
        try
        {
            await input.CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
            process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The program ended, or nobody wants it any more.
        }
    }
}
