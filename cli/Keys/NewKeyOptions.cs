using System.CommandLine;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Options that say what opens a new slot.</summary>
internal sealed class NewKeyOptions
{
    private readonly Option<string?> _keyFile = new("--new-key-file") { Description = "New file in which a new random key is written.", HelpName = "FILE" };

    private readonly Option<string?> _passphraseFile = new("--new-passphrase-file")
    {
        Description = "File whose first line is the new passphrase. Without any --new option it is asked for.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _publicKeyFile = new("--new-recovery-key") { Description = "File with the public half of a recovery key.", HelpName = "FILE" };

    public IEnumerable<Option> All => [_keyFile, _passphraseFile, _publicKeyFile];

    /// <summary>The kind of slot the new credential makes.</summary>
    public KeySlotKind KindOf(ParseResult parsed) =>
        parsed.GetValue(_keyFile) is not null ? KeySlotKind.KeyFile
        : parsed.GetValue(_publicKeyFile) is not null ? KeySlotKind.RecoveryKey
        : KeySlotKind.Passphrase;

    /// <summary>The new credential. A new key file is written before its slot: a slot whose key was lost would open to nobody.</summary>
    public SlotCredential Make(ParseResult parsed, CliContext context)
    {
        string? keyFile = parsed.GetValue(_keyFile);
        SlotCredential credential = (keyFile, parsed.GetValue(_passphraseFile), parsed.GetValue(_publicKeyFile)) switch
        {
            (not null, null, null) => KeyFile.Generate(),
            (null, { } file, null) => Passphrase.From(PassphraseSource.ReadFile(file)),
            (null, null, { } file) => RecoveryPublicKey.Parse(File.ReadAllText(file)),
            (null, null, null) => Passphrase.From(PassphraseSource.PromptNew(context)),
            _ => throw new BackupException(FailureCause.InvalidRequest, "Give one of the --new options only."),
        };
        if (credential is KeyFile made)
        {
            made.WriteNew(keyFile!);
        }

        return credential;
    }
}
