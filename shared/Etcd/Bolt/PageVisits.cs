namespace K8sBackup.Etcd.Bolt;

/// <summary>
/// One bit per page: a page belongs to one tree once. It turns cycles and shared pages into errors and so bounds every walk
/// by the number of pages. Costs one byte per eight pages (256 KiB for an 8 GiB file of 4 KiB pages).
/// </summary>
internal sealed class PageVisits
{
    private readonly ulong[] _bits;

    public PageVisits(ulong highWaterMark)
    {
        _bits = new ulong[(highWaterMark / 64) + 1];
    }

    /// <summary>Pages marked so far.</summary>
    public long Count { get; private set; }

    /// <summary>Marks a page and its overflow; throws when one of them was seen before.</summary>
    public void Mark(ulong pageId, ulong pages)
    {
        for (var id = pageId; id < pageId + pages; id++)
        {
            var bit = 1UL << (int)(id % 64);
            ref var word = ref _bits[id / 64];
            if ((word & bit) != 0)
            {
                throw new CorruptDatabaseException(id, "the page is referenced twice");
            }

            word |= bit;
        }

        Count += (long)pages;
    }
}
