using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Reading;

/// <summary>Reads the chunk list of a snapshot and proves that it is sorted, unique and as long as the manifest says.</summary>
public static class ChunkListReader
{
    /// <summary>Every chunk the snapshot needs, in ascending order. The chunks of the list itself are not in it; they are in the manifest.</summary>
    /// <exception cref="RepositoryCorruptException">A list chunk is missing, damaged, or out of order.</exception>
    public static async IAsyncEnumerable<ChunkId> ReadAsync(
        IChunkSource chunks, SnapshotManifest manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        ArgumentNullException.ThrowIfNull(manifest);
        long count = 0;
        ChunkId last = default;
        foreach (ChunkId list in manifest.ChunkList)
        {
            ReadOnlyMemory<byte> ids = await chunks.ReadAsync(list, cancellationToken);
            if (ids.Length == 0 || ids.Length % ChunkId.Bytes != 0 || ids.Length / ChunkId.Bytes > RepositoryLimits.ChunkListIdsMax)
            {
                throw Malformed(manifest, $"chunk list {list} has {ids.Length} bytes");
            }

            for (int offset = 0; offset < ids.Length; offset += ChunkId.Bytes)
            {
                ChunkId id = new(ids.Span.Slice(offset, ChunkId.Bytes));
                if (count > 0 && id <= last)
                {
                    throw Malformed(manifest, $"chunk list {list} is out of order");
                }

                last = id;
                count++;
                yield return id;
            }
        }

        if (count != manifest.Chunks)
        {
            throw Malformed(manifest, $"its chunk list has {count} chunks, and the manifest says {manifest.Chunks}");
        }
    }

    private static RepositoryCorruptException Malformed(SnapshotManifest manifest, string detail) =>
        new(RepositoryDamage.Inconsistent, ObjectNames.Snapshot(manifest.Id), detail);
}
