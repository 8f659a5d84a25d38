using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Rotation;

/// <summary>Event ids 1120 to 1129.</summary>
internal static partial class RotationLog
{
    [LoggerMessage(1120, LogLevel.Warning, "The authority is being replaced: certificates are issued by {Fingerprint} from now on; both are trusted until {OverlapEndsAt:u} at least")]
    public static partial void Began(ILogger logger, string fingerprint, DateTimeOffset overlapEndsAt);

    [LoggerMessage(1121, LogLevel.Warning, "The former authority is dropped; the authority is {Fingerprint}")]
    public static partial void Finished(ILogger logger, string fingerprint);

    [LoggerMessage(1122, LogLevel.Warning, "The former authority cannot be dropped yet, and this is tried again: {Reason}")]
    public static partial void NotFinished(ILogger logger, string reason);

    [LoggerMessage(1123, LogLevel.Information, "Node {Node} is asked to renew its certificate: the authority changed")]
    public static partial void RenewalAsked(ILogger logger, string node);
}
