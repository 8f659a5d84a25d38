using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>Event ids 1000 to 1099.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(1000, LogLevel.Information, "Coordinator of cluster {Cluster} listens on {Address}")]
    public static partial void Listening(ILogger logger, string cluster, string address);

    [LoggerMessage(1001, LogLevel.Error, "{Method} failed")]
    public static partial void CallFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(1002, LogLevel.Information, "Coordinator stops; agents will connect again")]
    public static partial void Stopping(ILogger logger);
}
