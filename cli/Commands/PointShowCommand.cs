using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

internal static class PointShowCommand
{
    public static Command Create(CommandHost host)
    {
        Argument<string> point = PointReference.Argument();
        return host.Leaf(
            "show",
            "Shows one restore point: its snapshots, their verification, and what was skipped or failed.",
            "k8sbackup point show latest",
            async (session, parsed, cancellationToken) =>
            {
                RestorePoint found = await PointReference.GetAsync(session, parsed.GetRequiredValue(point), cancellationToken);
                session.Output.One(PointViews.Point, found);
                return PointReference.IsDamaged(found) ? ExitCodes.Damaged : ExitCodes.Ok;
            },
            point);
    }
}
