using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Files;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>
/// The recovery passphrase of a new repository. It reaches a file or a person before anything is sealed with it,
/// because the key file dies with the cluster it protects.
/// </summary>
internal static class RecoveryPassphrase
{
    /// <summary>Takes the operator's, or makes one and hands it over.</summary>
    /// <param name="context">The process.</param>
    /// <param name="passphraseFile">File with the operator's own passphrase, or null.</param>
    /// <param name="outFile">New file for a generated one, or null to show it on the terminal.</param>
    public static Passphrase Obtain(CliContext context, string? passphraseFile, string? outFile)
    {
        if (passphraseFile is not null)
        {
            string own = PassphraseSource.ReadFile(passphraseFile);
            return own.Length >= Passphrase.LengthMin
                ? Passphrase.From(own)
                : throw new BackupException(FailureCause.InvalidRequest, $"A recovery passphrase needs at least {Passphrase.LengthMin} characters; the one in {passphraseFile} has {own.Length}.");
        }

        if (outFile is null && !(context.InIsTerminal && context.ErrorIsTerminal))
        {
            throw new BackupException(
                FailureCause.InvalidRequest,
                "The recovery passphrase must be kept somewhere: name a new file for it with --recovery-out, or your own with --recovery-passphrase-file.");
        }

        string passphrase = PassphraseSource.Generate();
        if (outFile is not null)
        {
            WriteNew(outFile, passphrase);
        }
        else
        {
            Show(context, passphrase);
        }

        return Passphrase.From(passphrase);
    }

    private static void Show(CliContext context, string passphrase)
    {
        context.Error.WriteLine();
        context.Error.WriteLine("  Recovery passphrase:  " + passphrase);
        context.Error.WriteLine();
        context.Error.WriteLine("Write it down and keep it away from the cluster. With it and the store everything can be restored;");
        context.Error.WriteLine("it is shown this once and kept nowhere.");
        Ask.ToType(context, "Type its last group to confirm that you have it:", passphrase.Split('-')[^1], "");
    }

    private static void WriteNew(string path, string passphrase)
    {
        if (Path.Exists(path))
        {
            throw new BackupException(
                FailureCause.TargetUnusable,
                $"{path} exists and is not overwritten. If it holds your recovery passphrase, use --recovery-passphrase-file {path}.");
        }

        using FileStream file = new(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(System.Text.Encoding.UTF8.GetBytes(passphrase + "\n"));
        DiskSync.Sync(file);
    }
}
