using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Drills;

internal static class DrillCancelCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> drill = new("DRILL") { Description = "Id of the drill, or the beginning of it." };
        return host.Leaf(
            "cancel",
            "Calls a drill off; it then says nothing about its restore point.",
            "k8sbackup drill cancel 01k9",
            async (session, parsed, cancellationToken) =>
            {
                CancelDrillRequest request = new() { DrillId = parsed.GetRequiredValue(drill) };
                session.Output.One(DrillViews.Drill, await session.Drills.CancelAsync(request, session.Call(cancellationToken)));
                return ExitCodes.Ok;
            },
            drill);
    }
}
