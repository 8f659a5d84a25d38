using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>What every upload works with.</summary>
/// <param name="Cluster">Name of the cluster, for manifests.</param>
/// <param name="LedgerDirectory">Where ledgers are.</param>
/// <param name="Board">The work.</param>
/// <param name="Access">The repository.</param>
/// <param name="Snapshots">Committed snapshots.</param>
/// <param name="Limits">The bounds.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Log">The log.</param>
public sealed record UploadServices(
    string Cluster,
    string LedgerDirectory,
    WorkBoard Board,
    RepositoryAccess Access,
    SnapshotDirectory Snapshots,
    UploadLimits Limits,
    TimeProvider Clock,
    ILogger<UploadService> Log);
