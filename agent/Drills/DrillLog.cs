namespace K8sBackup.Agent.Drills;

/// <summary>Events 3700-3799.</summary>
internal static partial class DrillLog
{
    [LoggerMessage(3700, LogLevel.Error, "A drill failed; the end of what its etcd printed: {Output}")]
    public static partial void ServerSaid(ILogger logger, string output);

    [LoggerMessage(3701, LogLevel.Warning, "The directory for drills, {Directory}, was not emptied: {Cause} The next drill does it first.")]
    public static partial void NotEmptied(ILogger logger, string directory, string cause);
}
