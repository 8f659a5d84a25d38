using K8sBackup.Coordinator.ClusterRestores;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

/// <summary>Records of cluster restores, for what must wait for one.</summary>
internal static class ClusterRestoreRecords
{
    public static ClusterRestoreStore StoreIn(string state) =>
        new(Path.Combine(state, "cluster-restores"), NullLogger<ClusterRestoreStore>.Instance);

    /// <summary>A restore of all three members of a cluster, cp-1 to cp-3, that was confirmed and stops etcd.</summary>
    public static ClusterRestoreRecord Begun() =>
        new ModelCluster(3).Record with { Phase = ClusterPhase.StoppingEtcd, ConfirmedBy = "alice" };
}
