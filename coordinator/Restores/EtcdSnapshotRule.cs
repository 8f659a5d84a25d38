using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Which snapshots of etcd may be restored.</summary>
public static class EtcdSnapshotRule
{
    /// <summary>Refuses a snapshot that was not verified, and one that is suspect unless that is accepted.</summary>
    /// <exception cref="BackupException">EtcdSnapshotInvalid: why it is not restored.</exception>
    public static void Require(SnapshotManifest snapshot, bool acceptSuspect)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Etcd is not { IsWalked: true } etcd)
        {
            throw new BackupException(FailureCause.EtcdSnapshotInvalid, $"Snapshot {snapshot.Id} was not verified in full and is not restored.");
        }

        if (etcd.Suspicion.Length > 0 && !acceptSuspect)
        {
            throw new BackupException(
                FailureCause.EtcdSnapshotInvalid, $"Snapshot {snapshot.Id} is suspect: {etcd.Suspicion} Take another, or accept it with --accept-suspect.");
        }
    }

    /// <summary>Refuses a revision that is not in the snapshot's history; 0 stands for the newest.</summary>
    /// <exception cref="BackupException">InvalidRequest, with the revisions there are.</exception>
    public static void RequireRevision(SnapshotManifest snapshot, long revision)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        long first = Math.Max(snapshot.Etcd?.CompactRevision ?? 0, 1);
        long last = snapshot.Etcd?.Revision ?? 0;
        if (revision != 0 && (revision < first || revision > last))
        {
            throw new BackupException(FailureCause.InvalidRequest, $"Snapshot {snapshot.Id} has the revisions {first} to {last}, and {revision} is none of them.");
        }
    }
}
