namespace K8sBackup.Agent.Session;

/// <summary>Events 3000-3099.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(3000, LogLevel.Information, "Node {Node} enrolled as {Identity} at {Address}.")]
    public static partial void Enrolled(ILogger logger, string node, string identity, Uri address);

    [LoggerMessage(3001, LogLevel.Warning, "Enrolment of node {Node} at {Address} failed and will be tried again: {Cause}")]
    public static partial void EnrolmentFailed(ILogger logger, string node, Uri address, string cause);

    [LoggerMessage(3002, LogLevel.Warning, "The saved identity of node {Node} is not used: {Cause}")]
    public static partial void IdentityUnusable(ILogger logger, string node, string cause);

    [LoggerMessage(3003, LogLevel.Information, "The identity of node {Node} was renewed until {NotAfter:u}.")]
    public static partial void IdentityRenewed(ILogger logger, string node, DateTimeOffset notAfter);

    [LoggerMessage(3004, LogLevel.Warning, "The identity of node {Node} was not renewed and will be tried again: {Cause}")]
    public static partial void RenewalFailed(ILogger logger, string node, string cause);

    [LoggerMessage(3005, LogLevel.Information, "Node {Node} is connected to {Address} in cluster {Cluster}.")]
    public static partial void Connected(ILogger logger, string node, Uri address, string cluster);

    [LoggerMessage(3006, LogLevel.Warning, "The session of node {Node} with {Address} ended: {Cause}")]
    public static partial void SessionEnded(ILogger logger, string node, Uri address, string cause);

    [LoggerMessage(3007, LogLevel.Warning, "A message of the coordinator was ignored: {Cause}")]
    public static partial void MessageIgnored(ILogger logger, string cause);

    [LoggerMessage(3008, LogLevel.Warning, "Node {Node} has no valid identity and waits for what it enrols with: {Cause}")]
    public static partial void TicketAwaited(ILogger logger, string node, string cause);

    [LoggerMessage(3009, LogLevel.Warning, "The cluster publishes another authority than that of node {Node}'s identity; it enrols anew")]
    public static partial void AuthorityReplaced(ILogger logger, string node);

    [LoggerMessage(3016, LogLevel.Information, "The coordinator wants node {Node} to renew its identity: the authority changed.")]
    public static partial void RenewalAsked(ILogger logger, string node);

    [LoggerMessage(3010, LogLevel.Information, "Work {WorkId} on {Source} begins.")]
    public static partial void WorkStarted(ILogger logger, string workId, string source);

    [LoggerMessage(3011, LogLevel.Information, "Work {WorkId} on {Source} is done.")]
    public static partial void WorkDone(ILogger logger, string workId, string source);

    [LoggerMessage(3012, LogLevel.Error, "Work {WorkId} failed: {Failure}")]
    public static partial void WorkFailed(ILogger logger, string workId, string failure);

    [LoggerMessage(3013, LogLevel.Error, "Work {WorkId} on {Source} met a defect.")]
    public static partial void WorkDefect(ILogger logger, Exception exception, string workId, string source);

    [LoggerMessage(3014, LogLevel.Information, "Work {WorkId} on {Source} stops with the agent and will be asked for again.")]
    public static partial void WorkInterrupted(ILogger logger, string workId, string source);

    [LoggerMessage(3015, LogLevel.Warning, "The result in {File} cannot be read and is dropped: {Cause}")]
    public static partial void ResultDropped(ILogger logger, string file, string cause);
}
