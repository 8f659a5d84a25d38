namespace K8sBackup.Repository.Index;

/// <summary>Where a chunk is: the frame by its number in the whole index, and the bytes of the frame's plaintext.</summary>
internal readonly record struct ChunkLocation(uint Frame, int Offset, int Length);
