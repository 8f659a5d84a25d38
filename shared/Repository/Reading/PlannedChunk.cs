using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Reading;

/// <summary>One chunk out of a <see cref="ReadPlan"/>: its bytes, or why there are none.</summary>
/// <param name="Id">The chunk.</param>
/// <param name="Plaintext">Its bytes; empty when damaged. Stays valid.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public readonly record struct PlannedChunk(ChunkId Id, ReadOnlyMemory<byte> Plaintext, RepositoryCorruptException? Damage);
