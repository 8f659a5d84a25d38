using System.CommandLine;
using K8sBackup.Cli.Commands;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Rescue;

internal static class RescueShowCommand
{
    public static Command Create(CommandHost host)
    {
        RescueOptions options = new();
        Argument<string> point = PointReference.Argument();
        return host.Leaf(
            "show",
            "Shows one restore point: its snapshots, their verification, and what was skipped or failed.",
            "k8sbackup rescue show latest --store /mnt/backup --recovery-key recovery.key",
            async (session, parsed, cancellationToken) =>
            {
                using RescueRepository repository = await options.OpenAsync(parsed, session.Context, cancellationToken);
                RestorePoint found = await repository.FindAsync(parsed.GetRequiredValue(point), cancellationToken);
                session.Output.One(PointViews.Point, found);
                return PointReference.IsDamaged(found) ? ExitCodes.Damaged : ExitCodes.Ok;
            },
            [point, .. options.All]);
    }
}
