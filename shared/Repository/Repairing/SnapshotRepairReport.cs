using K8sBackup.Model.Ids;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Repairing;

/// <summary>What a repair of snapshots did, or would do.</summary>
/// <param name="Marked">Losses that were not marked, or were marked otherwise.</param>
/// <param name="Healed">Snapshots whose mark goes, because they are whole again.</param>
/// <param name="WithoutManifest">Snapshots whose manifest is missing or damaged; nothing can be marked, and listings say so by themselves.</param>
/// <param name="Removed">Damaged manifests that were removed, where that was asked for.</param>
/// <param name="Check">The check it is based on.</param>
public sealed record SnapshotRepairReport(
    IReadOnlyList<SnapshotLoss> Marked,
    IReadOnlyList<SnapshotId> Healed,
    IReadOnlyList<SnapshotId> WithoutManifest,
    IReadOnlyList<string> Removed,
    CheckReport Check);
