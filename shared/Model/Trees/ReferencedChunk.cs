using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A chunk that a tree needs.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Use">What for.</param>
/// <param name="Path">The file that needs it; empty for tree blocks.</param>
public readonly record struct ReferencedChunk(ChunkId Chunk, ChunkUse Use, byte[] Path);
