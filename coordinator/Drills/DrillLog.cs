using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Events 2800-2899. Sources and nodes only; never names or bytes of files.</summary>
internal static partial class DrillLog
{
    [LoggerMessage(2800, LogLevel.Information, "Drill {Drill} of {Source} from point {Point} begins on node {Node}, started by {StartedBy}.")]
    public static partial void Began(ILogger logger, string drill, string source, string point, string node, string startedBy);

    [LoggerMessage(2801, LogLevel.Information, "Drill {Drill} of {Source} from point {Point} passed: etcd served after {Recovery}.")]
    public static partial void EtcdPassed(ILogger logger, string drill, string source, string point, TimeSpan recovery);

    [LoggerMessage(2802, LogLevel.Information, "Drill {Drill} of {Source} from point {Point} passed: {Files} files, {Bytes} bytes.")]
    public static partial void FilesPassed(ILogger logger, string drill, string source, string point, long files, long bytes);

    [LoggerMessage(2803, LogLevel.Error, "Drill {Drill} of {Source} from point {Point} FAILED, the restore point is not to be relied on: {Reason}")]
    public static partial void Failed(ILogger logger, string drill, string source, string point, string reason);

    [LoggerMessage(2804, LogLevel.Error, "Drill {Drill} of {Source} from point {Point} could not be held: {Failure}")]
    public static partial void NotHeld(ILogger logger, string drill, string source, string point, string failure);

    [LoggerMessage(2805, LogLevel.Warning, "Drill {Drill} on node {Node} makes room for a restore and is held afterwards.")]
    public static partial void MakesRoom(ILogger logger, string drill, string node);

    [LoggerMessage(2806, LogLevel.Error, "The record of drill {Drill} could not be written, and is tried again: {Reason}")]
    public static partial void NotRecorded(ILogger logger, string drill, string reason);

    [LoggerMessage(2807, LogLevel.Error, "Drill {Drill} ended by a defect.")]
    public static partial void Broken(ILogger logger, string drill, Exception exception);

    [LoggerMessage(2808, LogLevel.Error, "No drill could be held: {Reason}")]
    public static partial void NoRound(ILogger logger, string reason);
}
