using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Lists packs that no readable index segment lists in new segments, from the packs alone; running it twice adds nothing the second time.
/// Damaged segments go after that, because a prune must not trust an index with one, but only when every pack could be listed: otherwise
/// one of them may be the only list of a pack. It writes, so it takes over as the writer: a coordinator that runs is fenced off and ends.
/// </summary>
public static class IndexRebuilder
{
    private const int PacksPerSegment = 64;

    /// <summary>Runs the rebuild: two requests per pack that is not listed.</summary>
    /// <param name="store">The store.</param>
    /// <param name="keys">The repository's keys.</param>
    /// <param name="execute">False: says what would be done, and writes nothing.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancellationToken">Stops between two segments.</param>
    /// <exception cref="ObjectStoreException">The store cannot be read or written; what was written stays valid.</exception>
    /// <exception cref="WriterFencedException">Another writer took over meanwhile; what was written stays valid.</exception>
    public static async Task<IndexRebuildReport> RunAsync(
        IObjectStore store, MasterKeys keys, bool execute, TimeProvider clock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(clock);
        WriterLease? lease = execute ? await WriterLease.TakeAsync(store, keys, "repair index", clock, cancellationToken) : null;
        using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, cancellationToken);
        List<RepositoryCorruptException> unreadable = [];
        List<string> segments = [];
        List<PackDirectory> batch = [];
        long packs = 0;
        long added = 0;
        await foreach (ObjectInfo info in store.ListAsync(ObjectNames.PacksPrefix, cancellationToken))
        {
            packs++;
            if (!ObjectNames.TryParsePack(info.Name, out ObjectId id))
            {
                unreadable.Add(new RepositoryCorruptException(RepositoryDamage.Misplaced, info.Name, "is no name of a pack"));
            }
            else if (!repository.Index.ContainsPack(id) && await TryReadAsync(store, keys, id, info.Length, unreadable, cancellationToken) is { } pack)
            {
                batch.Add(pack);
                added++;
            }

            if (batch.Count == PacksPerSegment)
            {
                await WriteAsync(store, keys, batch, lease, segments, cancellationToken);
            }
        }

        await WriteAsync(store, keys, batch, lease, segments, cancellationToken);
        string[] removed = unreadable.Count > 0 ? [] : [.. repository.DamagedIndexSegments.Where(Removable.IsLost).Select(d => d.ObjectName)];
        foreach (string segment in lease is null ? [] : removed)
        {
            await lease!.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
            await store.DeleteAsync(segment, cancellationToken);
        }

        return new IndexRebuildReport(packs, added, segments, removed, unreadable);
    }

    private static async Task WriteAsync(
        IObjectStore store,
        MasterKeys keys,
        List<PackDirectory> packs,
        WriterLease? lease,
        List<string> segments,
        CancellationToken cancellationToken)
    {
        foreach (PackDirectory[] batch in lease is null ? [] : IndexSegments.Batches(packs, p => p))
        {
            await lease!.CheckAsync(WriterLease.CheckAgeMax, cancellationToken);
            segments.Add(await IndexSegments.WriteAsync(store, keys, batch, cancellationToken));
        }

        packs.Clear();
    }

    private static async Task<PackDirectory?> TryReadAsync(
        IObjectStore store,
        MasterKeys keys,
        ObjectId pack,
        long length,
        List<RepositoryCorruptException> unreadable,
        CancellationToken cancellationToken)
    {
        try
        {
            return await PackReader.ReadDirectoryAsync(store, keys, pack, length, cancellationToken);
        }
        catch (RepositoryCorruptException e)
        {
            unreadable.Add(e);
            return null;
        }
    }
}
