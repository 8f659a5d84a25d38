using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Repository.Repairing;

namespace K8sBackup.Cli.Commands;

/// <summary>Makes the two small objects again that every repository has once.</summary>
internal static class RepairConfigCommand
{
    public static Command Create(CommandHost host)
    {
        RepairOptions options = new();
        return host.Leaf(
            "config",
            "Makes a lost or damaged config again, a damaged record of who writes, and marks of data keys. Stop the coordinator first.",
            "k8sbackup repair config --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --execute",
            async (session, parsed, cancellationToken) =>
            {
                ConfigRepairReport report = await options.RunAsync(
                    parsed,
                    session.Context,
                    (opened, keys, execute) => ConfigRepair.RunAsync(opened.Store, keys, execute, session.Context.Clock, cancellationToken),
                    cancellationToken);
                session.Output.One(RepairViews.Config, report);
                return ExitCodes.Ok;
            },
            [.. options.All]);
    }
}
