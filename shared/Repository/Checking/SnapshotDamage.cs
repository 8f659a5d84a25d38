using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Checking;

/// <summary>What a check found lost of one snapshot, whatever objects it is due to.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="HasManifest">False when its manifest is missing or damaged, so that nothing of it restores.</param>
/// <param name="Objects">Objects it needs that are missing or damaged, some of them.</param>
/// <param name="Paths">Files that cannot be restored whole, some of them.</param>
/// <param name="PathCount">How many files those are in all.</param>
public sealed record SnapshotDamage(
    SnapshotId Snapshot, bool HasManifest, IReadOnlyList<string> Objects, IReadOnlyList<string> Paths, long PathCount);
