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

    [LoggerMessage(1003, LogLevel.Information, "The configuration changed; taken over: {Settings}")]
    public static partial void SettingsTaken(ILogger logger, string settings);

    [LoggerMessage(1004, LogLevel.Warning, "The configuration changed; this needs a restart of the coordinator: {Settings}")]
    public static partial void SettingsNeedRestart(ILogger logger, string settings);

    [LoggerMessage(1005, LogLevel.Warning, "The configuration changed and is faulty; the former stays in force: {Faults}")]
    public static partial void SettingsFaulty(ILogger logger, string faults);

    [LoggerMessage(1006, LogLevel.Warning, "The configuration {Path} cannot be read; the former stays in force: {Reason}")]
    public static partial void SettingsUnreadable(ILogger logger, string path, string reason);
}
