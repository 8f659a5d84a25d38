using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Opens the trees of snapshots, each with a small cache of its own.</summary>
internal static class SnapshotTrees
{
    // A path of blocks and the neighbours in their frames; listings and searches are many and short.
    private const int CacheBytes = 4 << 20;

    /// <summary>The tree, which can be read as long as the lease lasts.</summary>
    public static TreeReader Open(RepositoryLease lease, SnapshotManifest snapshot) =>
        new(new ChunkReader(lease.Repository, CacheBytes), snapshot.Root);
}
