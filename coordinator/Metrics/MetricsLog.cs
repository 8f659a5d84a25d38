using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>Event ids 1500 to 1599.</summary>
internal static partial class MetricsLog
{
    [LoggerMessage(1500, LogLevel.Warning, "What the store says for the metrics cannot be read; the former values stay: {Reason}")]
    public static partial void NotObserved(ILogger logger, string reason);
}
