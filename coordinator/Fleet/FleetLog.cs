using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Event ids 1200 to 1299.</summary>
internal static partial class FleetLog
{
    [LoggerMessage(1200, LogLevel.Information, "Node {Node} connected, agent {Version}, from {Peer}")]
    public static partial void Connected(ILogger logger, string node, string version, string peer);

    [LoggerMessage(1201, LogLevel.Information, "Session of node {Node} ended")]
    public static partial void Disconnected(ILogger logger, string node);

    [LoggerMessage(1202, LogLevel.Information, "Work {WorkId} on {Source} sent to node {Node}")]
    public static partial void WorkSent(ILogger logger, string workId, string source, string node);

    [LoggerMessage(1203, LogLevel.Information, "Work {WorkId} cancelled on node {Node}")]
    public static partial void WorkCancelled(ILogger logger, string workId, string node);

    [LoggerMessage(1204, LogLevel.Warning, "Node {Node} was deleted from the cluster: its agent's certificates are refused from now on")]
    public static partial void NodeDeleted(ILogger logger, string node);
}
