using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>Gives the plaintext of chunks by id.</summary>
public interface IChunkSource
{
    /// <summary>The whole plaintext; valid until the next call on the same source unless copied.</summary>
    /// <exception cref="Exception">The chunk is missing or damaged; the implementation says which and why.</exception>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken);
}
