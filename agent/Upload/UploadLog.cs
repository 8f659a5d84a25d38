namespace K8sBackup.Agent.Upload;

/// <summary>Events 3100-3199.</summary>
internal static partial class UploadLog
{
    [LoggerMessage(3100, LogLevel.Warning, "The parent of work {WorkId} is not used further; what follows is read anew: {Cause}")]
    public static partial void ParentUnusable(ILogger logger, string workId, string cause);

    [LoggerMessage(3101, LogLevel.Warning, "Attempt {Attempt} of work {WorkId} broke and will be made again: {Cause}")]
    public static partial void AttemptBroke(ILogger logger, string workId, int attempt, string cause);

    [LoggerMessage(3102, LogLevel.Information, "Work {WorkId} was committed as snapshot {SnapshotId}: {Entries} entries, {SentBytes} bytes sent.")]
    public static partial void Committed(ILogger logger, string workId, string snapshotId, long entries, long sentBytes);
}
