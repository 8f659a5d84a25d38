using K8sBackup.Model.Manifests;

namespace K8sBackup.Repository.Repairing;

/// <summary>What a repair of restore points did, or would do.</summary>
/// <param name="Made">Restore points made again, in the order of their runs.</param>
/// <param name="Damaged">Objects that cannot be read as restore points any more; they stay.</param>
public sealed record PointRepairReport(IReadOnlyList<RestorePointManifest> Made, IReadOnlyList<string> Damaged);
