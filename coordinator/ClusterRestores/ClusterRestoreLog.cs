using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Events 2500-2599.</summary>
internal static partial class ClusterRestoreLog
{
    [LoggerMessage(2500, LogLevel.Information, "Restore {Restore} of the cluster from {Source} of point {Point} is planned for {StartedBy}.")]
    public static partial void Planning(ILogger logger, string restore, string source, string point, string startedBy);

    [LoggerMessage(2501, LogLevel.Information, "Restore {Restore} of the cluster: {Event}")]
    public static partial void Event(ILogger logger, string restore, string @event);

    [LoggerMessage(2502, LogLevel.Information, "Restore {Restore} of the cluster goes on after a restart, at {Phase}.")]
    public static partial void Resumed(ILogger logger, string restore, ClusterPhase phase);

    [LoggerMessage(2503, LogLevel.Warning, "The record {Path} of a restore of the cluster cannot be read and is passed over: {Reason}")]
    public static partial void RecordDamaged(ILogger logger, string path, string reason);

    [LoggerMessage(2504, LogLevel.Error, "Restore {Restore} of the cluster cannot go on in this process and does so at the next start.")]
    public static partial void Broken(ILogger logger, string restore, Exception fault);

    [LoggerMessage(2505, LogLevel.Error, "Restore {Restore} of the cluster waits until its journal can be written: {Cause}")]
    public static partial void Stuck(ILogger logger, string restore, string cause);
}
