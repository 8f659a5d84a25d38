using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>
/// A run of a file's bytes: <paramref name="Length"/> bytes at <paramref name="FileOffset"/> are those of
/// <paramref name="Chunk"/> from <paramref name="ChunkOffset"/>. Extents of a file ascend and never overlap;
/// what no extent covers is a hole and reads as zeros.
/// </summary>
public readonly record struct Extent(long FileOffset, ChunkId Chunk, int ChunkOffset, int Length);
