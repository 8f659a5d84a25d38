using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Retention;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The classes behind the calls about restore points, files, restores, the check, retention and coverage.</summary>
public sealed record RepositoryCalls(
    PointQueries Points, FileQueries Files, FileSearch Search, FileDownload Download, RestoreCalls Restores, RepositoryCheck Check, RetentionCalls Retention,
    CoverageCalls Coverage);
