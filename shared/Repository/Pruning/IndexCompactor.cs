using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Rewrites index segments: many small ones into few, and without packs that are about to be deleted. New segments are durable before an
/// old one is deleted; a crash leaves both, which say the same. Damaged segments are left alone. Memory: one segment, and one being filled.
/// </summary>
public static class IndexCompactor
{
    /// <summary>Segments above which it is time to compact, besides what prunes do.</summary>
    public const int SegmentsMax = 100;

    private const int TargetBytesMin = 4 << 20;
    private const int TargetBytesMax = 64 << 20;

    // With segments of at least half the target, and this many parts, there are at most 128 of them and the small ones.
    private const int PartsMax = 64;

    // Fewer small ones than this are not worth writing.
    private const int SmallSegmentsMax = 16;

    /// <summary>Compacts when there are many small segments; gives the number of segments afterwards.</summary>
    /// <exception cref="WriterFencedException">Another writer took over.</exception>
    /// <exception cref="ObjectStoreException">The store failed; what was written stays valid.</exception>
    public static async Task<int> RunAsync(RepositoryWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        return (await RewriteAsync(writer, new HashSet<ObjectId>(), cancellationToken)).After;
    }

    /// <summary>How many segments there are.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read.</exception>
    public static async Task<int> CountAsync(RepositoryWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        int segments = 0;
        await foreach (ObjectInfo _ in writer.Repository.Store.ListAsync(ObjectNames.IndexPrefix, cancellationToken))
        {
            segments++;
        }

        return segments;
    }

    /// <summary>Compacts, and lists none of the doomed packs any more but those in segments the store does not let go.</summary>
    internal static async Task<IndexRewrite> RewriteAsync(
        RepositoryWriter writer, IReadOnlySet<ObjectId> doomed, CancellationToken cancellationToken)
    {
        await writer.CompactionGate.WaitAsync(cancellationToken);
        try
        {
            List<ObjectInfo> segments = [];
            await foreach (ObjectInfo segment in writer.Repository.Store.ListAsync(ObjectNames.IndexPrefix, cancellationToken))
            {
                segments.Add(segment);
            }

            long target = Math.Clamp(segments.Sum(s => s.Length) / PartsMax, TargetBytesMin, TargetBytesMax);
            int small = segments.Count(s => s.Length < target / 2 && !writer.LockedSegments.Contains(s.Name));
            IndexRewrite rewrite = new() { Before = segments.Count };
            if (doomed.Count > 0 || small >= SmallSegmentsMax)
            {
                await WriteNewAsync(writer, segments, target, doomed, rewrite, cancellationToken);
                foreach ((string old, IReadOnlyList<ObjectId> listed) in rewrite.Replaced)
                {
                    await DeleteAsync(writer, old, listed, rewrite, cancellationToken);
                }
            }

            return rewrite;
        }
        finally
        {
            writer.CompactionGate.Release();
        }
    }

    private static async Task WriteNewAsync(
        RepositoryWriter writer,
        List<ObjectInfo> segments,
        long target,
        IReadOnlySet<ObjectId> doomed,
        IndexRewrite rewrite,
        CancellationToken cancellationToken)
    {
        OpenRepository repository = writer.Repository;
        HashSet<ObjectId> taken = [];
        List<PackDirectory> batch = [];
        long bytes = 0;
        foreach (ObjectInfo segment in segments)
        {
            if (await TryReadAsync(repository.Store, repository.Keys, segment.Name, cancellationToken) is not { } packs)
            {
                continue;
            }

            ObjectId[] leaving = [.. packs.Select(p => p.Pack).Where(doomed.Contains)];
            if (writer.LockedSegments.Contains(segment.Name))
            {
                rewrite.StillListed.UnionWith(leaving);
                continue;
            }

            if (segment.Length >= target / 2 && leaving.Length == 0)
            {
                continue;
            }

            rewrite.Replaced.Add((segment.Name, leaving));
            foreach (PackDirectory pack in packs.Where(p => !doomed.Contains(p.Pack) && taken.Add(p.Pack)))
            {
                batch.Add(pack);
                bytes += PackDirectoryCodec.EncodedBytes(pack.Frames.Count, pack.Chunks.Count);
                if (bytes >= target)
                {
                    await WriteAsync(writer, batch, rewrite, cancellationToken);
                    bytes = 0;
                }
            }
        }

        if (batch.Count > 0)
        {
            await WriteAsync(writer, batch, rewrite, cancellationToken);
        }
    }

    private static async Task DeleteAsync(
        RepositoryWriter writer, string segment, IReadOnlyList<ObjectId> leaving, IndexRewrite rewrite, CancellationToken cancellationToken)
    {
        await writer.Lease.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
        try
        {
            await writer.Repository.Store.DeleteAsync(segment, cancellationToken);
            rewrite.Deleted++;
        }
        catch (ObjectStoreException e) when (e.Error is ObjectStoreError.PermissionDenied or ObjectStoreError.Retained)
        {
            // Locked. It is left alone from now on, or it would be merged again and again.
            writer.LockedSegments.Add(segment);
            rewrite.StillListed.UnionWith(leaving);
        }
    }

    private static async Task WriteAsync(
        RepositoryWriter writer, List<PackDirectory> batch, IndexRewrite rewrite, CancellationToken cancellationToken)
    {
        await writer.Lease.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
        await IndexSegments.WriteAsync(writer.Repository.Store, writer.Repository.Keys, batch, cancellationToken);
        batch.Clear();
        rewrite.Written++;
    }

    private static async Task<List<PackDirectory>?> TryReadAsync(
        IObjectStore store, MasterKeys keys, string name, CancellationToken cancellationToken)
    {
        try
        {
            // A segment that only seemed damaged would go on listing packs that are deleted.
            return await CertainDamage.ReadAsync(() => IndexSegments.ReadAsync(store, keys, name, cancellationToken));
        }
        catch (RepositoryCorruptException)
        {
            return null;
        }
    }
}
