namespace K8sBackup.Agent.Etcd;

/// <summary>Events 3400-3499.</summary>
internal static partial class EtcdLog
{
    [LoggerMessage(3400, LogLevel.Warning, "The snapshot of {Endpoint} failed and is tried again: {Cause}")]
    public static partial void SnapshotFailed(ILogger logger, Uri endpoint, string cause);

    [LoggerMessage(3401, LogLevel.Information, "Snapshot of {Endpoint}: revision {Revision}, {Keys} keys, {Bytes} bytes, verified.")]
    public static partial void SnapshotTaken(ILogger logger, Uri endpoint, long revision, long keys, long bytes);

    [LoggerMessage(3402, LogLevel.Error, "Members of etcd hold different data, seen from {Endpoint}: {Disagreement}")]
    public static partial void MembersDisagree(ILogger logger, Uri endpoint, string disagreement);
}
