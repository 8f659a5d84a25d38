using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>A chunk that a tree needs.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Use">What for.</param>
/// <param name="Path">The file that needs it; empty for tree blocks.</param>
/// <param name="BytesNeeded">How long the chunk must be for what the tree takes from it; 0 when it is read whole.</param>
public readonly record struct ReferencedChunk(ChunkId Chunk, ChunkUse Use, byte[] Path, int BytesNeeded = 0);
