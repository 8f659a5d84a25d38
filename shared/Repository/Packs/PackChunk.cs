using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Packs;

/// <summary>A chunk as a pack's directory lists it; its place in the frame follows from the chunks before it.</summary>
internal readonly record struct PackChunk(StoreChunkId Id, int Length);
