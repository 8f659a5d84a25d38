using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>Takes chunks of tree metadata (tree blocks, extent lists, page digests).</summary>
public interface IChunkSink
{
    /// <summary>Takes one chunk of at most 1 MiB; the memory may be reused after the returned task completes.</summary>
    ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken);
}
