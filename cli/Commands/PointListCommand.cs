using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class PointListCommand
{
    private const int LimitDefault = 50;

    public static Command Create(CommandHost host)
    {
        Option<string> plan = new("--plan") { Description = "Only restore points of this plan.", HelpName = "NAME" };
        Option<string> node = new("--node") { Description = "Only restore points with a snapshot of this node.", HelpName = "NAME" };
        Option<int> limit = new("--limit") { Description = "Most restore points to list.", DefaultValueFactory = _ => LimitDefault };
        return host.Leaf(
            "list",
            "Lists restore points, newest first.",
            "k8sbackup point list --plan nightly",
            async (session, parsed, cancellationToken) =>
            {
                ListPointsRequest request = new()
                {
                    Plan = parsed.GetValue(plan) ?? "",
                    Node = parsed.GetValue(node) ?? "",
                    Limit = parsed.GetValue(limit),
                };
                List<RestorePoint> points = await CommandSession.ReadAllAsync(session.Client.ListPoints(request, session.Call(cancellationToken)), cancellationToken);
                session.Output.List(PointViews.Point, points, "There is no restore point.");
                return ExitCodes.Ok;
            },
            plan,
            node,
            limit);
    }
}
