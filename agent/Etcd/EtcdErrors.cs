using System.Security.Cryptography;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Agent.Etcd;

/// <summary>What the etcd library's exceptions mean to an operator.</summary>
internal static class EtcdErrors
{
    /// <summary>The failure for an exception met while a snapshot is taken; null when it is none that is expected.</summary>
    public static BackupException? Capturing(Exception exception) => exception switch
    {
        BackupException known => known,
        NoMemberFitException e => new BackupException(FailureCause.EtcdUnavailable, e.Message, e),
        EtcdCallException e => new BackupException(FailureCause.EtcdUnavailable, $"etcd did not answer: {Sentence(e.Message)}", e),
        EtcdSnapshotException e => new BackupException(CauseOf(e.Error), $"etcd gave no snapshot: {Sentence(e.Message)}", e),
        SnapshotInvalidException e => new BackupException(FailureCause.EtcdSnapshotInvalid, $"etcd sent a snapshot that does not verify: {Sentence(e.Message)}", e),
        CorruptDatabaseException e => new BackupException(FailureCause.EtcdSnapshotInvalid, $"etcd sent a damaged database: {Sentence(e.Message)}", e),
        CryptographicException or UnauthorizedAccessException or IOException =>
            new BackupException(FailureCause.SourceUnreadable, $"The way to etcd cannot be prepared: {Sentence(exception.Message)}", exception),
        _ => null,
    };

    private static FailureCause CauseOf(EtcdSnapshotError error) => error switch
    {
        EtcdSnapshotError.SpoolFull or EtcdSnapshotError.TooLarge => FailureCause.SpoolFull,
        EtcdSnapshotError.StreamEndedEarly or EtcdSnapshotError.TooLong or EtcdSnapshotError.DigestMissing
            or EtcdSnapshotError.DigestMismatch or EtcdSnapshotError.DatabaseCorrupt => FailureCause.EtcdSnapshotInvalid,
        EtcdSnapshotError.DeadlineExceeded => FailureCause.TimedOut,
        _ => FailureCause.EtcdUnavailable,
    };

    private static string Sentence(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..] + (text.EndsWith('.') ? "" : ".");
}
