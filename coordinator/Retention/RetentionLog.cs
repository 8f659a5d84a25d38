using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Retention;

/// <summary>Events 2400-2499.</summary>
internal static partial class RetentionLog
{
    [LoggerMessage(2400, LogLevel.Information, "Prune by {Who} began.")]
    public static partial void Began(ILogger logger, string who);

    [LoggerMessage(2401, LogLevel.Information, "Prune ended: {Points} restore points, {Snapshots} snapshots and {Packs} packs of {Bytes} bytes deleted; {Condemned} packs of {CondemnedBytes} bytes condemned, {Rescued} rescued.")]
    public static partial void Ended(ILogger logger, int points, int snapshots, long packs, long bytes, long condemned, long condemnedBytes, long rescued);

    [LoggerMessage(2402, LogLevel.Warning, "Prune could not do everything ({Kind}): {Detail}")]
    public static partial void Obstacle(ILogger logger, string kind, string detail);

    [LoggerMessage(2403, LogLevel.Error, "Prune deletes nothing, because the clock cannot be trusted: {Detail}")]
    public static partial void ClockNotTrusted(ILogger logger, string detail);

    [LoggerMessage(2404, LogLevel.Warning, "Prune failed and is tried again when it is due next: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(2405, LogLevel.Information, "The index was compacted from {Before} to {After} segments.")]
    public static partial void Compacted(ILogger logger, int before, int after);

    [LoggerMessage(2406, LogLevel.Warning, "The index cannot be compacted now: {Reason}")]
    public static partial void NotCompacted(ILogger logger, string reason);

    [LoggerMessage(2407, LogLevel.Information, "The store keeps {Objects} objects from deletion for longer.")]
    public static partial void Extended(ILogger logger, long objects);
}
