using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.State;

/// <summary>Event ids 2960 to 2969.</summary>
internal static partial class StateLog
{
    [LoggerMessage(2960, LogLevel.Warning, "The record {Name} cannot be kept in the cluster yet, and is tried again: {Reason}")]
    public static partial void NotWritten(ILogger logger, string name, string reason);

    [LoggerMessage(2961, LogLevel.Error, "The record {Name} was taken over by another coordinator; this one keeps it no more")]
    public static partial void TakenOver(ILogger logger, string name);

    [LoggerMessage(2962, LogLevel.Warning, "The record {Name} is not kept in the cluster after {Patience}; work goes on without")]
    public static partial void NotFlushed(ILogger logger, string name, TimeSpan patience);
}
