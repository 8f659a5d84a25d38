using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Repairing;

namespace K8sBackup.Cli.Commands;

/// <summary>Marks what is lost, so that listings and restores say so.</summary>
internal static class RepairSnapshotsCommand
{
    public static Command Create(CommandHost host)
    {
        RepairOptions options = new();
        Option<bool> readData = new("--read-data") { Description = "Also read every pack before; otherwise damage inside packs is known only from earlier checks." };
        Option<bool> removeDamaged = new("--remove-damaged") { Description = "Also remove manifests of which nothing can be read any more, and which keep a prune from deleting anything." };
        return host.Leaf(
            "snapshots",
            "Marks snapshots that need lost or damaged data, and takes marks off those that are whole again. Run 'repair index' before.",
            "k8sbackup repair snapshots --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --execute",
            async (session, parsed, cancellationToken) =>
            {
                CheckOptions checking = new() { ReadDataPercent = parsed.GetValue(readData) ? 100 : 0 };
                SnapshotRepairReport report = await options.RunAsync(
                    parsed,
                    session.Context,
                    (opened, keys, execute) => SnapshotRepair.RunAsync(
                        opened.Store, keys, checking, parsed.GetValue(removeDamaged), execute, session.Context.Clock, null, cancellationToken),
                    cancellationToken);
                session.Output.One(RepairViews.Snapshots, report);
                return report.Check.DamagedSnapshots.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            [.. options.All, readData, removeDamaged]);
    }
}
