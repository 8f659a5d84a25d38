using K8sBackup.Model.Ids;

namespace K8sBackup.Repository.Reading;

/// <summary>One chunk out of a <see cref="ReadPlan"/>: its bytes, or why there are none.</summary>
/// <param name="Id">The chunk.</param>
/// <param name="Length">Bytes of its plaintext; 0 when damaged.</param>
/// <param name="Content">Its plaintext or, when <paramref name="IsCompressed"/>, the zstd frame that holds exactly that.</param>
/// <param name="IsCompressed">True only for a plan that was asked for chunks as they are stored.</param>
/// <param name="Damage">What is wrong; null when sound.</param>
public readonly record struct PlannedChunk(
    ChunkId Id, int Length, ReadOnlyMemory<byte> Content, bool IsCompressed, RepositoryCorruptException? Damage)
{
    /// <summary>Its bytes, when it is not compressed; empty when damaged.</summary>
    public ReadOnlyMemory<byte> Plaintext => !IsCompressed ? Content : throw new InvalidOperationException("The chunk is compressed.");

    internal static PlannedChunk Plain(ChunkId id, ReadOnlyMemory<byte> plaintext) => new(id, plaintext.Length, plaintext, false, null);

    internal static PlannedChunk Damaged(ChunkId id, RepositoryCorruptException damage) => new(id, 0, default, false, damage);
}
