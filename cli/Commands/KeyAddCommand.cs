using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Keys;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Commands;

/// <summary>Adds a key slot. What is new comes from a file or a prompt; a new key file is made and never overwrites.</summary>
internal static class KeyAddCommand
{
    public static Command Create(CommandHost host)
    {
        KeyOptions options = new();
        Option<string?> keyFile = new("--new-key-file") { Description = "New file in which a new random key is written.", HelpName = "FILE" };
        Option<string?> passphraseFile = new("--new-passphrase-file") { Description = "File whose first line is the new passphrase. Without any --new option it is asked for.", HelpName = "FILE" };
        Option<string?> publicKeyFile = new("--new-recovery-key") { Description = "File with the public half of a recovery key.", HelpName = "FILE" };
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
                string? newFile = parsed.GetValue(keyFile);
                using SlotCredential credential = New(context, newFile, parsed.GetValue(passphraseFile), parsed.GetValue(publicKeyFile));

                // The file first: a slot whose key was lost before it was written would open to nobody.
                if (credential is KeyFile made)
                {
                    made.WriteNew(newFile!);
                }

                string id = await slots.AddAsync(keys, new NewSlot(credential, parsed.GetValue(label) ?? ""), cancellationToken);
                session.Output.One(KeyViews.Slot, (await slots.ListAsync(cancellationToken)).Single(s => s.Id == id));
                return ExitCodes.Ok;
            },
            [.. options.All, keyFile, passphraseFile, publicKeyFile, label]);
    }

    private static SlotCredential New(CliContext context, string? keyFile, string? passphraseFile, string? publicKeyFile) =>
        (keyFile, passphraseFile, publicKeyFile) switch
        {
            (not null, null, null) => KeyFile.Generate(),
            (null, not null, null) => Passphrase.From(PassphraseSource.ReadFile(passphraseFile)),
            (null, null, not null) => RecoveryPublicKey.Parse(File.ReadAllText(publicKeyFile)),
            (null, null, null) => Passphrase.From(PassphraseSource.PromptNew(context)),
            _ => throw new BackupException(FailureCause.InvalidRequest, "Give one of the --new options only."),
        };
}
