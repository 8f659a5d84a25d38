using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Dumps;

/// <summary>Events 2600-2699. Sources, pods and programs; never arguments or output.</summary>
internal static partial class DumpLog
{
    [LoggerMessage(2600, LogLevel.Information, "Dump {Source} began: {Program} in pod {Pod}.")]
    public static partial void Began(ILogger logger, string source, string program, string pod);

    [LoggerMessage(2601, LogLevel.Warning, "Dump {Source} ended without a snapshot after {Bytes} bytes: {Reason}")]
    public static partial void Ended(ILogger logger, string source, long bytes, string reason);

    [LoggerMessage(2602, LogLevel.Information, "Dump {Source} is broken off, since this coordinator stops; the next one begins it anew.")]
    public static partial void BrokenOff(ILogger logger, string source);

    [LoggerMessage(2603, LogLevel.Critical, "Dump {Source} met a defect and is given up.")]
    public static partial void Defect(ILogger logger, string source, Exception exception);
}
