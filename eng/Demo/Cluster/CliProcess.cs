using System.Diagnostics;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Demo.Cluster;

/// <summary>One k8sbackup command as a process of its own, killed when it is not wanted any more.</summary>
internal static class CliProcess
{
    public static async Task<ProcessResult> RunAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(Programs.Cli, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string? value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw new TimeoutException($"k8sbackup {string.Join(' ', arguments)} was ended before it was done:\n{await error}");
        }

        return new ProcessResult(process.ExitCode, await output, await error);
    }
}
