using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Adds a key slot. What is new comes from a file or a prompt; a new key file is made and never overwrites.</summary>
internal static class KeyAddCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        NewKeyOptions made = new();
        Option<string> label = new("--label") { Description = "What the slot is for.", HelpName = "TEXT", DefaultValueFactory = _ => "" };
        return host.Leaf(
            "add",
            "Adds a key that opens the repository, directly in the store.",
            "k8sbackup key add --store /srv/backup --key-file /var/lib/k8sbackup/repository.key --new-passphrase-file new.txt --label 'safe of the office'",
            async (session, parsed, cancellationToken) =>
            {
                CliContext context = session.Context;
                using OpenedStore opened = await options.Store.OpenAsync(parsed, StoreUse.Existing, session.Context, cancellationToken);
                KeySlots slots = new(opened.Store, session.Context.Clock);
                using MasterKeys keys = await RepositoryKeys.UnlockAsync(slots, options.Current(parsed, context), cancellationToken);
                using SlotCredential credential = made.Make(parsed, context);
                string id = await slots.AddAsync(keys, new NewSlot(credential, parsed.GetValue(label) ?? ""), cancellationToken);
                session.Output.One(KeyViews.Slot, (await slots.ListAsync(cancellationToken)).Single(s => s.Id == id));
                return ExitCodes.Ok;
            },
            [.. options.All, .. made.All, label]);
    }
}
