using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;

namespace K8sBackup.Simulation.Oracles;

/// <summary>A snapshot that exists.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Files">What restoring it must give.</param>
/// <param name="Chunks">Every chunk it needs, those of its list included.</param>
/// <param name="Ids">The chunks of its list.</param>
internal sealed record KnownSnapshot(
    SnapshotManifest Manifest, IReadOnlyDictionary<string, byte[]> Files, IReadOnlySet<StoreChunkId> Chunks, IReadOnlySet<ChunkId> Ids)
{
    public override string ToString() => Manifest.Id.ToString();
}
