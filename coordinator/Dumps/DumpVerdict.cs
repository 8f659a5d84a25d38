using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>What the end of a command means for its output as a backup. Pure.</summary>
/// <param name="Failure">Cause and sentence when it is none; null when it is one.</param>
/// <param name="Note">What people should know of one that counts; null for nothing.</param>
internal sealed record DumpVerdict((FailureCause Cause, string Message)? Failure, string? Note)
{
    private const int LinesMax = 5;
    private const int ShownMax = 600;

    /// <param name="dump">The command.</param>
    /// <param name="outcome">How it ended; null when its time was over.</param>
    /// <param name="error">The end of its standard error.</param>
    /// <param name="bytes">Bytes of its output.</param>
    public static DumpVerdict Of(PodDump dump, CommandOutcome? outcome, string error, long bytes)
    {
        string what = $"The command {dump.Command.Label} in pod {dump.Pod}";
        string said = ErrorText.Shown(error, LinesMax, ShownMax);
        return outcome switch
        {
            CommandOutcome.Exited { Code: 0 } when bytes == 0 => Failed(FailureCause.HookFailed, $"{what} ended with 0 and wrote nothing, which is no backup{said}."),
            CommandOutcome.Exited { Code: 0 } when said.Length > 0 && dump.ErrorFails =>
                Failed(FailureCause.HookFailed, $"{what} ended with 0 and wrote to its standard error, which the plan takes for a failure{said}."),
            CommandOutcome.Exited { Code: 0 } => new DumpVerdict(null, said.Length > 0 ? $"{what} ended with 0 and said{said}" : null),
            CommandOutcome.Exited exited => Failed(FailureCause.HookFailed, $"{what} ended with {exited.Code}{said}."),
            CommandOutcome.PodGone gone => Failed(FailureCause.SourceMissing, $"{what} could not run: {gone.Reason}"),
            CommandOutcome.Refused refused => Failed(FailureCause.SourceUnreadable, $"{what} was refused: {refused.Reason}"),
            CommandOutcome.Unreachable broken => Failed(FailureCause.SourceUnreadable, $"{what} was cut off after {bytes} bytes: {broken.Reason}{Also(said)}"),
            null => Failed(FailureCause.TimedOut, $"{what} did not end within {dump.Command.Timeout}, after {bytes} bytes{said}."),
            _ => throw new InvalidOperationException($"A command cannot end as {outcome.GetType().Name}."),
        };
    }

    private static DumpVerdict Failed(FailureCause cause, string message) => new((cause, message), null);

    private static string Also(string said) => said.Length > 0 ? $" It had said{said}" : "";
}
