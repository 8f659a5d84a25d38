using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Event ids 2970 to 2989.</summary>
internal static partial class ResourceLog
{
    [LoggerMessage(2970, LogLevel.Information, "{Count} BackupPlans in force: {Names}")]
    public static partial void Loaded(ILogger logger, int count, string names);

    [LoggerMessage(2971, LogLevel.Warning, "{Plan}: {Reason} ({State})")]
    public static partial void Fault(ILogger logger, string plan, string reason, string state);

    [LoggerMessage(2972, LogLevel.Warning, "{Object} cannot be written, and is tried again: {Reason}")]
    public static partial void NotWritten(ILogger logger, string @object, string reason);

    [LoggerMessage(2973, LogLevel.Warning, "The cluster's objects cannot be read yet: {Reason}")]
    public static partial void NotRead(ILogger logger, string reason);

    [LoggerMessage(2974, LogLevel.Error, "A defect was met at {Object}; the others go on")]
    public static partial void Defect(ILogger logger, string @object, Exception exception);

    [LoggerMessage(2975, LogLevel.Information, "{Object}: {Reason}: {Message}")]
    public static partial void Noted(ILogger logger, string @object, string reason, string message);

    [LoggerMessage(2976, LogLevel.Information, "{Object} was deleted with the policy Delete: restore point {Point} goes")]
    public static partial void Releasing(ILogger logger, string @object, string point);
}
