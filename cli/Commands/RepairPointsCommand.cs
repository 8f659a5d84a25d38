using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Repository.Repairing;

namespace K8sBackup.Cli.Commands;

/// <summary>Makes lost restore points again.</summary>
internal static class RepairPointsCommand
{
    public static Command Create(CommandHost host)
    {
        RepairOptions options = new();
        return host.Leaf(
            "points",
            "Makes restore points again whose manifest is lost or damaged, from the snapshots of their run. Stop the coordinator first: it is fenced off.",
            "k8sbackup repair points --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --execute",
            async (session, parsed, cancellationToken) =>
            {
                PointRepairReport report = await options.RunAsync(
                    parsed,
                    session.Context,
                    (opened, keys, execute) => PointRepair.RunAsync(opened.Store, keys, execute, session.Context.Clock, cancellationToken),
                    cancellationToken);
                session.Output.One(RepairViews.Points, report);
                return ExitCodes.Ok;
            },
            [.. options.All]);
    }
}
