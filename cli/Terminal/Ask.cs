using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Terminal;

/// <summary>Questions to the person at the terminal.</summary>
internal static class Ask
{
    /// <summary>Goes on only when the expected word is typed.</summary>
    /// <param name="context">The process.</param>
    /// <param name="question">The question, without the word.</param>
    /// <param name="expected">The word.</param>
    /// <param name="otherwise">What to do where nobody can be asked.</param>
    public static void ToType(CliContext context, string question, string expected, string otherwise)
    {
        RefuseWithoutTerminal(context, otherwise);
        context.Error.Write(question + " ");
        context.Error.Flush();
        string? answer = context.In.ReadLine();
        if (answer?.Trim() != expected)
        {
            throw new BackupException(FailureCause.Cancelled, "Not confirmed; nothing was done.");
        }
    }

    /// <summary>For what is asked only after long work: fails at once where nobody can answer.</summary>
    public static void RefuseWithoutTerminal(CliContext context, string otherwise)
    {
        if (!context.InIsTerminal)
        {
            throw new BackupException(FailureCause.InvalidRequest, $"Input is not a terminal, so nobody can confirm. {otherwise}");
        }
    }
}
