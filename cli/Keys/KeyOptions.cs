using System.CommandLine;
using K8sBackup.Cli.Stores;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Options of the key commands: the store, and what opens it now.</summary>
internal sealed class KeyOptions
{
    public StoreArguments Store { get; } = new();

    public Option<string?> KeyFile { get; } = new("--key-file") { Description = "Key file that opens the repository now.", HelpName = "FILE" };

    public Option<string?> PassphraseFile { get; } = new("--passphrase-file")
    {
        Description = "File whose first line is a passphrase that opens the repository now. Without any key option the passphrase is asked for.",
        HelpName = "FILE",
    };

    public Option<string?> RecoveryKeyFile { get; } = new("--recovery-key") { Description = "File with the private half of a recovery key that opens the repository now.", HelpName = "FILE" };

    /// <summary>All of them, for the command.</summary>
    public IEnumerable<Option> All => [.. Store.All, KeyFile, PassphraseFile, RecoveryKeyFile];

    /// <summary>The credential that opens the repository now.</summary>
    public SlotCredential Current(ParseResult parsed, CliContext context)
    {
        string? keyFile = parsed.GetValue(KeyFile);
        string? passphraseFile = parsed.GetValue(PassphraseFile);
        string? recoveryKey = parsed.GetValue(RecoveryKeyFile);
        return (keyFile, passphraseFile, recoveryKey) switch
        {
            (not null, null, null) => Repository.Keys.KeyFile.Read(keyFile),
            (null, not null, null) => Passphrase.From(PassphraseSource.ReadFile(passphraseFile)),
            (null, null, not null) => RecoveryPrivateKey.Parse(File.ReadAllText(recoveryKey)),
            (null, null, null) => Passphrase.From(PassphraseSource.Prompt(context, "Passphrase of the repository:")),
            _ => throw new BackupException(FailureCause.InvalidRequest, "Give one of --key-file, --passphrase-file and --recovery-key."),
        };
    }
}
