using System.Text;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Terminal;
using K8sBackup.TestKit.Processes;

namespace K8sBackup.Integration.Tests;

/// <summary>The command line as <c>k8sbackup</c> runs it, in this process: the same parser, commands, connection and exit codes.</summary>
internal static class InnerCli
{
    /// <summary>Runs one command line. Throws TimeoutException when it is cancelled.</summary>
    public static Task<ProcessResult> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken) =>
        // Commands that work without a coordinator do so on the thread they are called on.
        Task.Run(() => InvokeAsync(arguments, environment, cancellationToken), CancellationToken.None);

    private static async Task<ProcessResult> InvokeAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        await using StringWriter output = new();
        await using StringWriter error = new();
        using MemoryStream binary = new();
        CliContext context = new()
        {
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            In = TextReader.Null,
            ReadSecret = () => null,
            OpenBinaryOut = () => binary,
            Variable = name => environment.TryGetValue(name, out string? value) ? value : Environment.GetEnvironmentVariable(name),
        };
        int code = await CommandLine.RunAsync(arguments, context, cancellationToken);
        return cancellationToken.IsCancellationRequested
            ? throw new TimeoutException($"k8sbackup {string.Join(' ', arguments)} was ended before it was done:\n{error}")
            : new ProcessResult(code, output + Encoding.UTF8.GetString(binary.ToArray()), error.ToString());
    }
}
