using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Replaces what opens a slot: the new slot first, then the old one goes. Data and the other slots stay as they are.</summary>
internal static class KeyRotateCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        NewKeyOptions made = new();
        Argument<string> slot = new("SLOT") { Description = "Id of the slot, from 'k8sbackup key list'." };
        return host.Leaf(
            "rotate",
            "Replaces the key of one slot by a new one. No data is touched.",
            "k8sbackup key rotate SLOT --store /srv/backup --key-file old.key --new-key-file /var/lib/k8sbackup/repository-2.key",
            async (session, parsed, cancellationToken) =>
            {
                using OpenedStore opened = await options.Store.OpenAsync(parsed, StoreUse.Existing, session.Context, cancellationToken);
                KeySlots slots = new(opened.Store, session.Context.Clock);
                using MasterKeys keys = await RepositoryKeys.UnlockAsync(slots, options.Current(parsed, session.Context), cancellationToken);
                string id = parsed.GetRequiredValue(slot);
                IReadOnlyList<KeySlotInfo> before = await slots.ListAsync(cancellationToken);
                KeySlotInfo old = before.FirstOrDefault(s => s.Id == id)
                    ?? throw new BackupException(FailureCause.NotFound, $"There is no key slot '{id}'.");

                // Before anything is made: the recovery slot must not become a key file that dies with the cluster.
                KeySlots.RequireEnough([.. before.Where(s => s.Id != id), old with { Kind = made.KindOf(parsed), Damage = null }]);
                using SlotCredential credential = made.Make(parsed, session.Context);
                await slots.AddAsync(keys, new NewSlot(credential, old.Label), cancellationToken);
                await slots.RemoveAsync(id, cancellationToken);
                session.Output.List(KeyViews.Slot, await slots.ListAsync(cancellationToken), "");
                return ExitCodes.Ok;
            },
            [slot, .. options.All, .. made.All]);
    }
}
