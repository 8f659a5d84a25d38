using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Enrolment;

/// <summary>Event ids 1100 to 1199.</summary>
internal static partial class EnrolmentLog
{
    [LoggerMessage(1100, LogLevel.Information, "Node {Node} enrolled as {Role}")]
    public static partial void Enrolled(ILogger logger, string node, string role);

    [LoggerMessage(1101, LogLevel.Warning, "Enrolment of node {Node} from {Peer} refused: the token is not valid for it")]
    public static partial void Refused(ILogger logger, string node, string peer);

    [LoggerMessage(1102, LogLevel.Warning, "Enrolment refused: too many attempts")]
    public static partial void RateLimited(ILogger logger);

    [LoggerMessage(1103, LogLevel.Debug, "Certificate of node {Node} renewed")]
    public static partial void Renewed(ILogger logger, string node);

    [LoggerMessage(1104, LogLevel.Information, "New server certificate for {Hosts}, valid until {NotAfter:u}")]
    public static partial void ServerCertificateIssued(ILogger logger, string hosts, DateTime notAfter);

    [LoggerMessage(1105, LogLevel.Warning, "The service account token presented for node {Node} from {Peer} is refused: {Refusal}, pod {Pod}")]
    public static partial void AccountRefused(ILogger logger, string node, string peer, TokenRefusal refusal, string pod);

    [LoggerMessage(1106, LogLevel.Warning, "The service account token presented for node {Node} could not be reviewed: {Cause}")]
    public static partial void NotReviewed(ILogger logger, string node, string cause);
}
