using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Events 2100-2199. Never names or content of files.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(2100, LogLevel.Information, "Restore {Restore} is being sent to node {Node}: snapshot {Snapshot} of {Source}.")]
    public static partial void Sending(ILogger logger, string restore, string node, string snapshot, string source);

    [LoggerMessage(2101, LogLevel.Error, "Snapshot {Snapshot} of {Source} cannot be read in full: {Cause} in the store.")]
    public static partial void Damaged(ILogger logger, string snapshot, string source, string cause);

    [LoggerMessage(2102, LogLevel.Information, "Operator {Operator} downloads from snapshot {Snapshot} of {Source}.")]
    public static partial void Downloading(ILogger logger, string @operator, string snapshot, string source);
}
