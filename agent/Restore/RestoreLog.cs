namespace K8sBackup.Agent.Restore;

/// <summary>Events 3300-3399.</summary>
internal static partial class RestoreLog
{
    [LoggerMessage(3300, LogLevel.Warning, "An earlier try of restore {Id} in {DataDirectory} stands at {Phase} and is finished first.")]
    public static partial void EtcdSwapFound(ILogger logger, string id, string dataDirectory, string phase);

    [LoggerMessage(3301, LogLevel.Error, "The swap of restore {Id} in {DataDirectory} failed and is rolled back: {Cause}")]
    public static partial void EtcdSwapRolledBack(ILogger logger, string id, string dataDirectory, string cause);
}
