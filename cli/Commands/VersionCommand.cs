using System.CommandLine;
using System.Reflection;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;

namespace K8sBackup.Cli.Commands;

internal static class VersionCommand
{
    internal static readonly View<Version> View = new View<Version>()
        .Text("version", "k8sbackup", v => v.ToString(3))
        .Text("runtime", "Runtime", _ => Environment.Version.ToString());

    public static Command Create(CommandHost host) => host.Leaf(
        "version",
        "Shows the version of this program. The coordinator's is in 'k8sbackup status'.",
        "k8sbackup version",
        RunAsync);

    private static Task<int> RunAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        session.Output.One(View, Assembly.GetExecutingAssembly().GetName().Version ?? new Version(0, 0, 0));
        return Task.FromResult(ExitCodes.Ok);
    }
}
