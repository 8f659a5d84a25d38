using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Kubernetes;

/// <summary>Event ids 3200 to 3299.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(3200, LogLevel.Information, "Waiting to lead: lease {Namespace}/{Lease}")]
    public static partial void Waiting(ILogger logger, string @namespace, string lease);

    [LoggerMessage(3201, LogLevel.Information, "Still waiting to lead; the lease is held by {Holder}, trouble: {Trouble}")]
    public static partial void StillWaiting(ILogger logger, string holder, string trouble);

    [LoggerMessage(3202, LogLevel.Information, "Leads: lease {Namespace}/{Lease}, change of leader number {Transitions}")]
    public static partial void Leading(ILogger logger, string @namespace, string lease, int transitions);

    [LoggerMessage(3203, LogLevel.Critical, "The lease is lost to {Holder}, change of leader number {Transitions}; this process ends")]
    public static partial void Lost(ILogger logger, string holder, int transitions);

    [LoggerMessage(3208, LogLevel.Warning, "The lease could not be renewed, trouble: {Trouble}. Work goes on, and ends as soon as another is seen to lead")]
    public static partial void OutOfTouch(ILogger logger, string trouble);

    [LoggerMessage(3209, LogLevel.Information, "Leads still: the lease is renewed, change of leader number {Transitions}")]
    public static partial void InTouch(ILogger logger, int transitions);

    [LoggerMessage(3204, LogLevel.Information, "The lease in {Namespace} is given back")]
    public static partial void Released(ILogger logger, string @namespace);

    [LoggerMessage(3205, LogLevel.Warning, "The lease could not be given back and will run out: {Cause}")]
    public static partial void NotReleased(ILogger logger, string cause);

    [LoggerMessage(3206, LogLevel.Information, "The authority was made and is kept in the Secret {Secret}")]
    public static partial void AuthorityCreated(ILogger logger, string secret);

    [LoggerMessage(3207, LogLevel.Information, "The authority is that of the Secret {Secret}, its certificate is published in the ConfigMap {ConfigMap}")]
    public static partial void AuthorityShared(ILogger logger, string secret, string configMap);

    [LoggerMessage(3210, LogLevel.Warning, "The Service may not lead here: the label of pod {Pod} cannot be changed: {Cause}")]
    public static partial void LabelFailed(ILogger logger, string pod, string cause);
}
