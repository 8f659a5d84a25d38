using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Restores;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>The classes behind the calls about restore points, files, restores and the check.</summary>
public sealed record RepositoryCalls(PointQueries Points, FileQueries Files, FileDownload Download, RestoreCalls Restores, RepositoryCheck Check);
