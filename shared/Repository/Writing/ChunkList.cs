using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Writing;

/// <summary>A chunk list as stored: goes into the snapshot's manifest.</summary>
/// <param name="Chunks">The chunks that hold it, in order.</param>
/// <param name="Count">How many ids it holds.</param>
public sealed record ChunkList(IReadOnlyList<ChunkId> Chunks, long Count);
