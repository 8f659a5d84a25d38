using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>What the coordinator itself read in a tree.</summary>
internal sealed record VerifiedTree
{
    /// <summary>Entries, files, bytes, failed and changed; what was sent and stored is not known from the tree.</summary>
    public required SnapshotCounts Counts { get; init; }

    /// <summary>Entries that are not as they should be, in tree order, at most <see cref="ItemOutcome.ListedMax"/>.</summary>
    public required IReadOnlyList<ItemOutcome> Items { get; init; }
}
