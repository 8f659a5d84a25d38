using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class NodesCommand
{
    public static Command Create(CommandHost host)
    {
        Command nodes = host.Leaf("nodes", "Lists the nodes whose agents have enrolled.", "k8sbackup nodes", RunAsync);
        nodes.Subcommands.Add(Remove(host));
        return nodes;
    }

    private static Command Remove(CommandHost host)
    {
        Argument<string> name = new("NODE") { Description = "The node, as 'k8sbackup nodes' names it." };
        return host.Leaf(
            "remove",
            "Takes a node out for good: its agent's certificates are refused and its calls ended. Its restore points stay. Started again with a token that is good, the agent enrols anew.",
            "k8sbackup nodes remove worker-7",
            async (session, parsed, cancellationToken) =>
            {
                RemoveNodeRequest request = new() { Name = parsed.GetRequiredValue(name) };
                await session.Client.RemoveNodeAsync(request, session.Call(cancellationToken));
                session.Output.One(NodeViews.Removed, request);
                return ExitCodes.Ok;
            },
            name);
    }

    private static async Task<int> RunAsync(CommandSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        List<Node> nodes = await CommandSession.ReadAllAsync(session.Client.ListNodes(new ListNodesRequest(), session.Call(cancellationToken)), cancellationToken);
        session.Output.List(NodeViews.Node, nodes, "No node has enrolled yet. Make a token with 'k8sbackup join-token'.");
        return ExitCodes.Ok;
    }
}
