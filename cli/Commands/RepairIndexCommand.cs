using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Repository.Checking;

namespace K8sBackup.Cli.Commands;

/// <summary>Rebuilds the index from the packs.</summary>
internal static class RepairIndexCommand
{
    public static Command Create(CommandHost host)
    {
        RepairOptions options = new();
        return host.Leaf(
            "index",
            "Lists packs again that no readable index segment lists, then removes damaged segments. Stop the coordinator first: it is fenced off.",
            "k8sbackup repair index --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --execute",
            async (session, parsed, cancellationToken) =>
            {
                IndexRebuildReport report = await options.RunAsync(
                    parsed,
                    session.Context,
                    (opened, keys, execute) => IndexRebuilder.RunAsync(opened.Store, keys, execute, session.Context.Clock, cancellationToken),
                    cancellationToken);
                session.Output.One(RepairViews.Index, report);
                return report.Unreadable.Count == 0 ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            [.. options.All]);
    }
}
