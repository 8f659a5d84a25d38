using System.Security.Cryptography;
using K8sBackup.Cli.Terminal;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Cli.Keys;

/// <summary>Where passphrases come from: the first line of a file, or a prompt. Never an argument, which others can see.</summary>
internal static class PassphraseSource
{
    // 150 bits: nobody guesses it, and it still can be copied by hand.
    private const int Groups = 6;
    private const int GroupCharacters = 5;

    // Without the letters and digits that are taken for each other.
    private const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";

    // A passphrase is a line; more is another file.
    private const int FileBytesMax = 4096;

    /// <summary>A strong new passphrase in groups, such as <c>k7m2p-...</c>.</summary>
    public static string Generate() =>
        string.Join('-', Enumerable.Range(0, Groups).Select(_ => RandomNumberGenerator.GetString(Alphabet, GroupCharacters)));

    /// <summary>The first line of the file.</summary>
    public static string ReadFile(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new BackupException(FailureCause.NotFound, $"There is no passphrase file {path}.");
        }

        string line = file.Length <= FileBytesMax ? File.ReadAllText(path).Split('\n')[0].TrimEnd('\r') : "";
        return line.Length > 0 ? line : throw new BackupException(FailureCause.InvalidRequest, $"The first line of {path} is no passphrase.");
    }

    /// <summary>Asks for a passphrase without showing it.</summary>
    public static string Prompt(CliContext context, string question)
    {
        if (!context.InIsTerminal)
        {
            throw new BackupException(FailureCause.InvalidRequest, "Input is not a terminal, so nobody can be asked for a passphrase; name a file with it.");
        }

        context.Error.Write(question + " ");
        context.Error.Flush();
        return context.ReadSecret() is { Length: > 0 } answer ? answer : throw new BackupException(FailureCause.Cancelled, "No passphrase was given; nothing was done.");
    }

    /// <summary>Asks for a new passphrase twice.</summary>
    public static string PromptNew(CliContext context)
    {
        string first = Prompt(context, $"New passphrase, at least {Passphrase.LengthMin} characters:");
        return Prompt(context, "Again:") == first
            ? first
            : throw new BackupException(FailureCause.InvalidRequest, "The two passphrases differ; nothing was done.");
    }
}
