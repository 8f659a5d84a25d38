using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class NodesCommand
{
    public static Command Create(CommandHost host) => host.Leaf(
        "nodes",
        "Lists the nodes whose agents have enrolled.",
        "k8sbackup nodes",
        RunAsync);

    private static async Task<int> RunAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        List<Node> nodes = await CommandSession.ReadAllAsync(session.Client.ListNodes(new ListNodesRequest(), session.Call(cancellationToken)), cancellationToken);
        session.Output.List(NodeViews.Node, nodes, "No node has enrolled yet. Make a token with 'k8sbackup join-token'.");
        return ExitCodes.Ok;
    }
}
