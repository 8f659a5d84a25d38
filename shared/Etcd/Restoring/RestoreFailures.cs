using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Etcd.Restoring;

/// <summary>What exceptions met while a data-dir is restored mean to an operator.</summary>
public static class RestoreFailures
{
    /// <summary>The failure; null when the exception is none that is expected.</summary>
    public static BackupException? Of(Exception exception) => exception switch
    {
        BackupException known => known,
        DataDirException e => new BackupException(CauseOf(e.Fault), Sentence(e.Message), e),
        SnapshotInvalidException e => new BackupException(FailureCause.EtcdSnapshotInvalid, $"The snapshot does not verify: {e.Message}.", e),
        CorruptDatabaseException e => new BackupException(FailureCause.EtcdSnapshotInvalid, $"The snapshot's database is damaged: {e.Message}", e),
        IOException or UnauthorizedAccessException => new BackupException(FailureCause.TargetUnusable, exception.Message, exception),
        _ => null,
    };

    private static FailureCause CauseOf(DataDirFault fault) => fault switch
    {
        DataDirFault.InUse => FailureCause.TargetInUse,
        DataDirFault.InvalidMembership or DataDirFault.RevisionUnavailable => FailureCause.InvalidRequest,
        _ => FailureCause.TargetUnusable,
    };

    private static string Sentence(string text) =>
        text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..] + (text.EndsWith('.') ? "" : ".");
}
