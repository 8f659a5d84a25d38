using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What Restore objects are carried out with.</summary>
/// <param name="Cluster">Name of the cluster.</param>
/// <param name="Engine">Restores on one node.</param>
/// <param name="Records">Their records.</param>
/// <param name="ClusterEngine">Restores of the cluster's etcd.</param>
/// <param name="ClusterRecords">Their records.</param>
/// <param name="ClusterCalls">Says what a restore of the cluster would collide with.</param>
/// <param name="LatestOf">Id of a plan's newest restore point; null when it has none.</param>
/// <param name="Audit">Who changed what.</param>
/// <param name="Clock">The time.</param>
/// <param name="Stopping">Ends what goes on beside the looks.</param>
internal sealed record RestoreServices(
    string Cluster,
    RestoreEngine Engine,
    RestoreStore Records,
    ClusterRestoreEngine ClusterEngine,
    ClusterRestoreStore ClusterRecords,
    ClusterRestoreCalls ClusterCalls,
    Func<string, CancellationToken, Task<string?>> LatestOf,
    AuditLog Audit,
    TimeProvider Clock,
    CancellationToken Stopping);
