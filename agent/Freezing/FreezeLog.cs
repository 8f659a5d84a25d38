namespace K8sBackup.Agent.Freezing;

/// <summary>Events 4000-4099.</summary>
internal static partial class FreezeLog
{
    [LoggerMessage(4000, LogLevel.Warning, "The file system at {Path} had been left frozen, and is thawed.")]
    public static partial void ThawedLeft(ILogger logger, string path);

    [LoggerMessage(4001, LogLevel.Error, "A file system that had been left frozen was not found again: {Cause}. When something hangs on it, 'fsfreeze --unfreeze' its mount point.")]
    public static partial void LeftNotThawed(ILogger logger, string cause);

    [LoggerMessage(4002, LogLevel.Information, "{Path} is frozen for at most {Time}.")]
    public static partial void Frozen(ILogger logger, string path, TimeSpan time);

    [LoggerMessage(4003, LogLevel.Warning, "{Path} was let go after {Time}, before all of it was read.")]
    public static partial void TimeOver(ILogger logger, string path, TimeSpan time);
}
