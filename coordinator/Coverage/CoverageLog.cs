using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>Event ids 2990 to 2999.</summary>
internal static partial class CoverageLog
{
    [LoggerMessage(2990, LogLevel.Warning, "What is protected cannot be looked up: {Reason}")]
    public static partial void NotRead(ILogger logger, string reason);

    [LoggerMessage(2991, LogLevel.Error, "A defect was met in the review of what is protected")]
    public static partial void Defect(ILogger logger, Exception exception);
}
