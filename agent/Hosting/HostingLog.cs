namespace K8sBackup.Agent.Hosting;

/// <summary>Events 3900-3999.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(3900, LogLevel.Information, "Agent {Version} of node {Node} starts.")]
    public static partial void Starting(ILogger logger, string version, string node);

    [LoggerMessage(3901, LogLevel.Error, "{Cause}")]
    public static partial void Refused(ILogger logger, string cause);

    [LoggerMessage(3902, LogLevel.Critical, "The agent of node {Node} ends over a defect.")]
    public static partial void Defect(ILogger logger, Exception exception, string node);
}
