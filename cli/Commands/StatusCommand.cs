using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class StatusCommand
{
    public static Command Create(CommandHost host) => host.Leaf(
        "status",
        "Shows the coordinator, its store and how many nodes are connected.",
        "k8sbackup status --output json",
        RunAsync);

    private static async Task<int> RunAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        session.Output.One(NodeViews.Status, await session.Client.GetStatusAsync(new GetStatusRequest(), session.Call(cancellationToken)));
        return ExitCodes.Ok;
    }
}
