using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Events 2300-2399. Sources and nodes only; never names or bytes of restored files.</summary>
internal static partial class RestoreLog
{
    [LoggerMessage(2300, LogLevel.Information, "Restore {Restore} of {Source} from point {Point} to node {Node} was started by {StartedBy}.")]
    public static partial void Started(ILogger logger, string restore, string source, string point, string node, string startedBy);

    [LoggerMessage(2301, LogLevel.Information, "Restore {Restore} to node {Node} goes on after a restart.")]
    public static partial void Resumed(ILogger logger, string restore, string node);

    [LoggerMessage(2302, LogLevel.Information, "Restore {Restore} to node {Node} ended: {State}.")]
    public static partial void Ended(ILogger logger, string restore, string node, RestoreState state);

    [LoggerMessage(2303, LogLevel.Warning, "Restore {Restore} to node {Node} failed: {Failure}")]
    public static partial void Failed(ILogger logger, string restore, string node, string failure);

    [LoggerMessage(2304, LogLevel.Information, "Restore {Restore} is to be cancelled, says {Operator}.")]
    public static partial void Cancelling(ILogger logger, string restore, string @operator);

    [LoggerMessage(2305, LogLevel.Error, "The restore record {Path} cannot be read and is passed over: {Reason}")]
    public static partial void RecordDamaged(ILogger logger, string path, string reason);

    [LoggerMessage(2306, LogLevel.Critical, "Restore {Restore} cannot be followed.")]
    public static partial void Broken(ILogger logger, string restore, Exception exception);
}
