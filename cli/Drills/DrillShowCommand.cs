using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Drills;

internal static class DrillShowCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> drill = new("DRILL") { Description = "Id of the drill, or the beginning of it." };
        return host.Leaf(
            "show",
            "Shows one drill with its evidence; the exit code tells how it ended.",
            "k8sbackup drill show 01k9",
            async (session, parsed, cancellationToken) =>
            {
                GetDrillRequest request = new() { DrillId = parsed.GetRequiredValue(drill) };
                Drill found = await session.Drills.GetAsync(request, session.Call(cancellationToken));
                session.Output.One(DrillViews.Drill, found);
                return DrillWatch.ExitCodeOf(found);
            },
            drill);
    }
}
