using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Reading;

/// <summary>Finds chunks again that are not, or not whole, where the index in memory says.</summary>
public sealed partial class OpenRepository
{
    private const int DistrustReadsMax = 16;
    private const int HeadsAtOnce = 16;

    /// <summary>
    /// Where a chunk is now that cannot be read where it was, because a prune copied it to another pack or rewrote the index since, or because
    /// its pack is damaged and another one has it too; null when it is nowhere else. Reads the whole index again when segments came or went,
    /// and for a pack that turned out to be damaged.
    /// </summary>
    internal async Task<ChunkLocation?> RelocateAsync(
        ChunkId chunk, ChunkLocation lost, RepositoryDamage damage, CancellationToken cancellationToken)
    {
        StoreChunkId id = StoreChunkId.Of(chunk, Keys);
        if (damage == RepositoryDamage.Missing && (!Index.TryFind(id, out ChunkLocation now) || now == lost))
        {
            await ReloadAsync(cancellationToken);
        }

        if (Index.TryFind(id, out now) && now == lost)
        {
            await DistrustAsync([Index.Frame(lost.Frame).Header.Id], cancellationToken);
        }

        return Index.TryFind(id, out now) && now != lost ? now : null;
    }

    /// <summary>True when the chunk is only in a pack that is known to be damaged: it may still be readable, and is to be stored again.</summary>
    public bool IsDistrusted(ChunkId chunk) => Index.IsDistrusted(StoreChunkId.Of(chunk, Keys));

    /// <summary>Takes what a check found damaged to heart: writers store those chunks again, readers prefer other copies.</summary>
    public Task DistrustAsync(Checking.CheckReport report, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(report);
        return DistrustAsync(report.DamagedPacks, cancellationToken);
    }

    internal async Task DistrustAsync(IReadOnlyCollection<ObjectId> packs, CancellationToken cancellationToken)
    {
        int count = packs.Count == 0 ? 0 : packs.Max(Index.Distrust);

        // Where a whole bucket is lost, one reading of the index for each pack of it would never end.
        if (count == 0 || (count > DistrustReadsMax && !int.IsPow2(count)))
        {
            return;
        }

        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            await ReadSegmentsAsync(again: true, null, cancellationToken);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            HashSet<string> listed = new(StringComparer.Ordinal);
            await foreach (ObjectInfo segment in Store.ListAsync(ObjectNames.IndexPrefix, cancellationToken))
            {
                listed.Add(segment.Name);
            }

            if (listed.SetEquals(_segmentsSeen))
            {
                return;
            }

            // What a writer adds meanwhile is in segments that were not listed yet.
            uint known = Index.PacksAdded;
            HashSet<ObjectId> packs = [];
            await ReadSegmentsAsync(again: true, packs, cancellationToken);
            ObjectId[] unlisted = [.. Index.Packs().Where(p => p.Number < known && !packs.Contains(p.Header.Id)).Select(p => p.Header.Id)];
            List<ObjectId> gone = _damagedSegments.Count == 0 ? await GoneAsync(unlisted, cancellationToken) : [];
            if (gone.Count > 0)
            {
                // Read once more, so that chunks of the packs that are gone find their other places.
                Index.Drop(gone);
                await ReadSegmentsAsync(again: true, packs, cancellationToken);
                Index.Sweep();
            }
        }
        finally
        {
            _refreshing.Release();
        }
    }

    // A listing may be behind and lack the segment a pack is in; about the pack itself the store does not err.
    private async Task<List<ObjectId>> GoneAsync(ObjectId[] unlisted, CancellationToken cancellationToken)
    {
        List<ObjectId> gone = [];
        foreach (ObjectId[] some in unlisted.Chunk(HeadsAtOnce))
        {
            ObjectInfo?[] found = await Task.WhenAll(some.Select(pack => Store.HeadAsync(ObjectNames.Pack(pack), cancellationToken)));
            gone.AddRange(some.Where((_, i) => found[i] is null));
        }

        return gone;
    }
}
