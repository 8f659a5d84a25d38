using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Drills;

internal static class DrillListCommand
{
    private const int LimitDefault = 50;

    public static Command Create(CommandHost host)
    {
        Option<int> limit = new("--limit") { Description = "Most drills to list.", DefaultValueFactory = _ => LimitDefault };
        Option<string> point = new("--point") { Description = "Restore point whose drills are listed. Default: all.", DefaultValueFactory = _ => "" };
        return host.Leaf(
            "list",
            "Lists drills, newest first: those that go on, those that could not be held lately, and all that are recorded in the store.",
            "k8sbackup drill list --point latest",
            async (session, parsed, cancellationToken) =>
            {
                ListDrillsRequest request = new() { Limit = parsed.GetValue(limit), PointId = parsed.GetValue(point) };
                List<Drill> drills = await CommandSession.ReadAllAsync(session.Drills.List(request, session.Call(cancellationToken)), cancellationToken);
                session.Output.List(DrillViews.Drill, drills, "No drill yet.");
                return ExitCodes.Ok;
            },
            limit,
            point);
    }
}
