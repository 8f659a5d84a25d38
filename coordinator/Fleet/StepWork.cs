using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>What a step of the restore of a cluster's etcd is part of.</summary>
/// <param name="Restore">The operator's restore.</param>
/// <param name="Source">The etcd the snapshot is of; its kind decides which agents may have the work.</param>
public sealed record StepWork(RestoreId Restore, SourceKey Source);
