using System.CommandLine;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Cli.Commands;

/// <summary>Options that every restore of etcd has.</summary>
internal static class EtcdRestoreOptions
{
    public static Option<long> Revision() => new("--revision")
    {
        Description = "Restore the state at this revision, within the snapshot's history (compacted at .. revision). Default: the newest.",
        HelpName = "REVISION",
    };

    public static Option<bool> AcceptSuspect() => new("--accept-suspect")
    {
        Description = "Restore a snapshot although members of etcd disagreed with it.",
    };

    /// <exception cref="BackupException">The snapshot is suspect, and nobody accepted that.</exception>
    public static void RefuseSuspect(EtcdEvidence evidence, bool accepted)
    {
        if (evidence.Suspicion.Length > 0 && !accepted)
        {
            throw new BackupException(
                FailureCause.EtcdSnapshotInvalid, $"The snapshot is suspect: {evidence.Suspicion} Take another, or accept it with --accept-suspect.");
        }
    }
}
