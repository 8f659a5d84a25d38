using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Event ids 1300 to 1399.</summary>
internal static partial class PlanLog
{
    [LoggerMessage(1300, LogLevel.Information, "{Count} plans in force: {Names}")]
    public static partial void Loaded(ILogger logger, int count, string names);

    [LoggerMessage(1301, LogLevel.Warning, "Plan file {File}, line {Line}: {Reason} ({State})")]
    public static partial void Fault(ILogger logger, string file, int line, string reason, string state);
}
