using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>Event ids 1510 to 1519.</summary>
internal static partial class OperatorLog
{
    [LoggerMessage(1510, LogLevel.Information, "Audit {Entry}")]
    public static partial void Audited(ILogger logger, string entry);
}
