using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Event ids 1400 to 1499.</summary>
internal static partial class RunLog
{
    [LoggerMessage(1400, LogLevel.Information, "Run {Run} of plan {Plan} started by {StartedBy}: {Sources} sources")]
    public static partial void Started(ILogger logger, string run, string plan, string startedBy, int sources);

    [LoggerMessage(1401, LogLevel.Information, "Run {Run} of plan {Plan} goes on after a restart: {Open} of {Sources} sources open")]
    public static partial void Resumed(ILogger logger, string run, string plan, int open, int sources);

    [LoggerMessage(1402, LogLevel.Information, "Run {Run} of plan {Plan} is over: {State}, restore point {Point}")]
    public static partial void Finished(ILogger logger, string run, string plan, RunState state, string point);

    [LoggerMessage(1403, LogLevel.Information, "Run {Run}: {Source} completed as snapshot {Snapshot}")]
    public static partial void SourceCompleted(ILogger logger, string run, string source, string snapshot);

    [LoggerMessage(1404, LogLevel.Warning, "Run {Run}: {Failure}")]
    public static partial void SourceFailed(ILogger logger, string run, string failure);

    [LoggerMessage(1405, LogLevel.Error, "The record of run {Run} cannot be saved")]
    public static partial void SaveFailed(ILogger logger, string run, Exception exception);

    [LoggerMessage(1406, LogLevel.Warning, "The run record {Path} cannot be read and is left out")]
    public static partial void Damaged(ILogger logger, string path, Exception exception);

    [LoggerMessage(1407, LogLevel.Warning, "Run {Run}: the restore point could not be committed, attempt {Attempt}: {Failure}")]
    public static partial void CommitFailed(ILogger logger, string run, int attempt, string failure);

    [LoggerMessage(1408, LogLevel.Warning, "Plan {Plan} was due at {Due:u} while its run {Run} goes on; skipped")]
    public static partial void Overlap(ILogger logger, string plan, DateTimeOffset due, string run);

    [LoggerMessage(1409, LogLevel.Warning, "Plan {Plan} was due at {Due:u} while the coordinator was down; skipped, as the plan says")]
    public static partial void Missed(ILogger logger, string plan, DateTimeOffset due);

    [LoggerMessage(1410, LogLevel.Information, "Run {Run} cancelled by {By}")]
    public static partial void Cancelled(ILogger logger, string run, string by);

    [LoggerMessage(1411, LogLevel.Error, "Plan {Plan} is due and its run cannot be started")]
    public static partial void StartFailed(ILogger logger, string plan, Exception exception);

    [LoggerMessage(1412, LogLevel.Critical, "Run {Run} met a defect and is given up")]
    public static partial void Defect(ILogger logger, string run, Exception exception);

    [LoggerMessage(1414, LogLevel.Error, "Run {Run}: {Source}: {Doubt}")]
    public static partial void Doubtful(ILogger logger, string run, string source, string doubt);

    [LoggerMessage(1415, LogLevel.Warning, "Run {Run}: {Note}")]
    public static partial void AnotherMember(ILogger logger, string run, string note);

    [LoggerMessage(1416, LogLevel.Warning, "Run {Run}: the recovery set is incomplete, {Count} findings; the first: {Missing}")]
    public static partial void SetIncomplete(ILogger logger, string run, int count, string missing);

    [LoggerMessage(1417, LogLevel.Warning, "Run {Run}: {Warning}")]
    public static partial void SetWarning(ILogger logger, string run, string warning);

    [LoggerMessage(1413, LogLevel.Error, "The schedule marks cannot be saved")]
    public static partial void MarksNotSaved(ILogger logger, Exception exception);

    [LoggerMessage(1421, LogLevel.Error, "Run {Run}: {Fault}")]
    public static partial void HookFailed(ILogger logger, string run, string fault);

    [LoggerMessage(1420, LogLevel.Error, "The restore point of run {Run} is not immutable, as its plan wants: {Failure}")]
    public static partial void NotKept(ILogger logger, string run, string failure);
}
