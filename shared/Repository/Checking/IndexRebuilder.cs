using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Lists packs that no readable index segment lists in new segments, from the packs alone. Deletes nothing and changes nothing that exists;
/// running it twice adds nothing the second time.
/// </summary>
public static class IndexRebuilder
{
    private const int PacksPerSegment = 64;

    /// <summary>Runs the rebuild: two requests per pack that is not listed.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read or written; what was written stays valid.</exception>
    public static async Task<IndexRebuildReport> RunAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
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
                segments.Add(await IndexSegments.WriteAsync(store, keys, batch, cancellationToken));
                batch.Clear();
            }
        }

        if (batch.Count > 0)
        {
            segments.Add(await IndexSegments.WriteAsync(store, keys, batch, cancellationToken));
        }

        return new IndexRebuildReport(packs, added, segments, unreadable);
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
