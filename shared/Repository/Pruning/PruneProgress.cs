namespace K8sBackup.Repository.Pruning;

/// <summary>How far a prune is.</summary>
/// <param name="Phase">What it does: "reviewing", "manifests", "marking", "index", "deleting", "repacking" or "retention".</param>
/// <param name="Done">How many objects of the phase are done.</param>
/// <param name="Total">How many there are; 0 while that is not known.</param>
/// <param name="Bytes">Bytes deleted or copied in the phase.</param>
public readonly record struct PruneProgress(string Phase, long Done, long Total, long Bytes);
