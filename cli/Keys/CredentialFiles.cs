using System.CommandLine;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Options that name any number of credentials, each in a file; none is ever an argument.</summary>
internal sealed class CredentialFiles
{
    private readonly Option<string[]> _keyFiles = new("--key-file") { Description = "Key file; may be given more than once.", HelpName = "FILE" };

    private readonly Option<string[]> _passphraseFiles = new("--passphrase-file")
    {
        Description = "File whose first line is a passphrase; may be given more than once.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _recoveryKeys = new("--recovery-key")
    {
        Description = "File with a recovery key, either half; may be given more than once.",
        HelpName = "FILE",
    };

    public IEnumerable<Option> All => [_keyFiles, _passphraseFiles, _recoveryKeys];

    /// <summary>All of them; the caller disposes them.</summary>
    public IReadOnlyList<SlotCredential> Read(ParseResult parsed)
    {
        List<SlotCredential> credentials = [];
        credentials.AddRange((parsed.GetValue(_keyFiles) ?? []).Select(KeyFile.Read));
        credentials.AddRange((parsed.GetValue(_passphraseFiles) ?? []).Select(f => Passphrase.From(PassphraseSource.ReadFile(f))));
        credentials.AddRange((parsed.GetValue(_recoveryKeys) ?? []).Select(f => EitherHalf(File.ReadAllText(f))));
        return credentials.Count > 0
            ? credentials
            : throw new BackupException(FailureCause.InvalidRequest, "Name at least one of --key-file, --passphrase-file and --recovery-key.");
    }

    private static SlotCredential EitherHalf(string text) => text.Contains("-PUBLIC-", StringComparison.Ordinal)
        ? RecoveryPublicKey.Parse(text)
        : RecoveryPrivateKey.Parse(text);
}
