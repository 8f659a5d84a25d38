using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>What a restore work item gives back.</summary>
/// <param name="Restore">The operator's restore.</param>
/// <param name="Snapshot">The snapshot read from.</param>
/// <param name="Source">The source the snapshot is of; its node may be another than the one restored on.</param>
/// <param name="Paths">Selected entries with all below them, as raw names; empty for everything.</param>
public sealed record RestoreWork(RestoreId Restore, SnapshotId Snapshot, SourceKey Source, IReadOnlyList<byte[]> Paths)
{
    /// <summary>Only entries are wanted, and no content: a dry run.</summary>
    public bool WithoutContent { get; init; }
}
