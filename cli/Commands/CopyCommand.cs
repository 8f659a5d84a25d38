using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Keys;
using K8sBackup.Settings.Stores;

namespace K8sBackup.Cli.Commands;

/// <summary>Brings a second store up to the first: only what is missing, verified on the way.</summary>
internal static class CopyCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        Option<string?> to = new("--to") { Description = "Directory of the second store; made when it is missing.", HelpName = "DIR" };
        Option<string?> toFile = new("--to-config") { Description = "YAML file with a 'store:' mapping of the second store.", HelpName = "FILE" };
        Option<bool> prune = new("--prune") { Description = "Also delete from the second store what the first does not have any more." };
        return host.Leaf(
            "copy",
            "Copies the repository to a second store, from which it opens with the same keys. Repeat it to bring the copy up to date.",
            "k8sbackup copy --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --to-config second.yaml",
            async (session, parsed, cancellationToken) =>
            {
                CliContext context = session.Context;
                using OpenedStore source = await options.Store.OpenAsync(parsed, StoreUse.Read, context, cancellationToken);
                using MasterKeys keys = await RepositoryKeys.UnlockAsync(
                    new KeySlots(source.Store, context.Clock), options.Current(parsed, context), cancellationToken);
                StoreOptions second = (parsed.GetValue(to), parsed.GetValue(toFile)) switch
                {
                    ({ Length: > 0 } directory, null) when !directory.Contains("://", StringComparison.Ordinal) => StoreOptions.ForLocal(directory),
                    (null, { } file) => StoreSettingsFile.Read(file),
                    _ => throw new BackupException(FailureCause.InvalidRequest, "Name the second store with --to DIR, or any other one with --to-config FILE."),
                };
                using OpenedStore copy = await StoreFactory.OpenAsync(second, StoreUse.Create, context.Clock, cancellationToken);
                CopyReport report = await RepositoryCopier.RunAsync(
                    source.Store, copy.Store, keys, new CopyOptions { Prune = parsed.GetValue(prune) }, null, cancellationToken);
                session.Output.One(RepairViews.Copy, report);
                return report.IsWhole ? ExitCodes.Ok : ExitCodes.Damaged;
            },
            [.. options.All, to, toFile, prune]);
    }
}
