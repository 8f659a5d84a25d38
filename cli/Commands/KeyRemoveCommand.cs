using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Removes a key slot; the last recovery slot and the last but one stay.</summary>
internal static class KeyRemoveCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        Argument<string> slot = new("SLOT") { Description = "Id of the slot, from 'k8sbackup key list'." };
        return host.Leaf(
            "remove",
            "Removes a key slot. Who copied the store before still has the old slot.",
            "k8sbackup key remove SLOT --store /srv/backup --key-file /var/lib/k8sbackup/repository.key",
            async (session, parsed, cancellationToken) =>
            {
                using OpenedStore opened = await options.Store.OpenAsync(parsed, StoreUse.Existing, session.Context, cancellationToken);
                KeySlots slots = new(opened.Store, session.Context.Clock);
                using MasterKeys keys = await RepositoryKeys.UnlockAsync(slots, options.Current(parsed, session.Context), cancellationToken);
                await slots.RemoveAsync(parsed.GetRequiredValue(slot), cancellationToken);
                session.Output.List(KeyViews.Slot, await slots.ListAsync(cancellationToken), "");
                return ExitCodes.Ok;
            },
            [slot, .. options.All]);
    }
}
