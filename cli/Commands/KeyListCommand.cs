using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

internal static class KeyListCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        return host.Leaf(
            "list",
            "Lists the key slots of a store. Needs no key.",
            "k8sbackup key list --store /srv/backup",
            async (session, parsed, cancellationToken) =>
            {
                using OpenedStore opened = await options.Store.OpenAsync(parsed, StoreUse.Read, session.Context, cancellationToken);
                KeySlots slots = new(opened.Store, session.Context.Clock);
                IReadOnlyList<KeySlotInfo> found = await slots.ListAsync(cancellationToken);
                session.Output.List(KeyViews.Slot, found, "The store has no key slot, so it holds no repository.");
                return found.Any(s => s.Damage is not null) ? ExitCodes.Damaged : ExitCodes.Ok;
            },
            [.. options.Store.All]);
    }
}
