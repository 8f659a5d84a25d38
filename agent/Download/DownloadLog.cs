namespace K8sBackup.Agent.Download;

/// <summary>Events 3200-3299.</summary>
internal static partial class DownloadLog
{
    [LoggerMessage(3200, LogLevel.Warning, "The restore stream of work {WorkId} broke and is fetched again: {Cause}")]
    public static partial void StreamBroke(ILogger logger, string workId, string cause);
}
