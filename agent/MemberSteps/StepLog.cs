namespace K8sBackup.Agent.MemberSteps;

/// <summary>Events 3500-3599.</summary>
internal static partial class StepLog
{
    [LoggerMessage(3500, LogLevel.Information, "Restore {Restore}: step {Step} begins.")]
    public static partial void Begun(ILogger logger, string restore, string step);

    [LoggerMessage(3501, LogLevel.Information, "Restore {Restore}: step {Step} is done.")]
    public static partial void Done(ILogger logger, string restore, string step);

    [LoggerMessage(3502, LogLevel.Warning, "Restore {Restore}: step {Step} failed: {Failure}")]
    public static partial void Failed(ILogger logger, string restore, string step, string failure);
}
