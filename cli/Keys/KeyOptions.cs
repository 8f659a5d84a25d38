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
        Description = "File whose first line is a passphrase that opens the repository now. Without it and --key-file the passphrase is asked for.",
        HelpName = "FILE",
    };

    /// <summary>The credential that opens the repository now.</summary>
    public SlotCredential Current(ParseResult parsed, CliContext context)
    {
        string? keyFile = parsed.GetValue(KeyFile);
        string? passphraseFile = parsed.GetValue(PassphraseFile);
        return (keyFile, passphraseFile) switch
        {
            (not null, not null) => throw new BackupException(FailureCause.InvalidRequest, "Give either --key-file or --passphrase-file, not both."),
            (not null, null) => Repository.Keys.KeyFile.Read(keyFile),
            (null, not null) => Passphrase.From(PassphraseSource.ReadFile(passphraseFile)),
            _ => Passphrase.From(PassphraseSource.Prompt(context, "Passphrase of the repository:")),
        };
    }
}
