using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// Copies what lives in packs that go, then condemns them together with those nothing lives in. Packs are hidden from writers before their
/// tombstone is written: hiding too much costs bytes, hiding too late would cost data.
/// </summary>
internal sealed class Condemning
{
    // Copied packs are condemned in groups, so that what is in memory and what is durable stay close.
    private const int TargetsPerGroup = 8;

    private readonly PruneContext _context;
    private readonly List<CondemnedPack> _packs = [];

    public Condemning(PruneContext context) => _context = context;

    public PackTally Condemned { get; private set; }

    public PackTally Repacked { get; private set; }

    public PackTally Written { get; private set; }

    /// <param name="selection">What goes.</param>
    /// <param name="snapshots">Snapshots that were marked.</param>
    /// <param name="markedDigest">Digest of their names.</param>
    /// <param name="cancellationToken">Stops between two objects.</param>
    public async Task RunAsync(PackSelection selection, long snapshots, byte[] markedDigest, CancellationToken cancellationToken)
    {
        await RepackAsync(selection.Repack, cancellationToken);
        _packs.AddRange(selection.Free);
        foreach (CondemnedPack[] packs in _packs.Chunk(Tombstone.PacksMax))
        {
            long at = _context.Writer.Sessions.Condemn(packs.Select(p => p.Id));
            Tombstone tombstone = new()
            {
                Id = ObjectId.Create(),
                Generation = _context.Writer.Generation,
                CreatedAt = _context.Now,
                Snapshots = snapshots,
                MarkedDigest = markedDigest,
                Packs = packs,
            };
            await _context.Writer.Lease.CheckAsync(TimeSpan.Zero, cancellationToken);
            await TombstoneStore.WriteAsync(_context.Store, _context.Repository.Keys, tombstone, cancellationToken);
            _context.Writer.Tombstones.Add(tombstone, at);
            Condemned += new PackTally(packs.Length, packs.Sum(p => p.Bytes));
        }
    }

    private async Task RepackAsync(List<PackLiveness> packs, CancellationToken cancellationToken)
    {
        if (packs.Count == 0)
        {
            return;
        }

        using PackCopier copier = new(_context);
        List<IndexedPack> copied = [];
        long groupBytes = 0;
        for (int i = 0; i < packs.Count; i++)
        {
            PackLiveness pack = packs[i];
            try
            {
                await copier.CopyAsync(pack.Pack, cancellationToken);
                copied.Add(pack.Pack);
                groupBytes += pack.LiveBytes;
            }
            catch (RepositoryCorruptException e)
            {
                _context.Meet(PruneObstacleKind.DamagedPack, $"{e.Message}: the pack stays as it is.");
            }

            if (groupBytes >= (long)TargetsPerGroup * _context.Writer.Options.PackTargetBytes || i + 1 == packs.Count)
            {
                await EndGroupAsync(copier, copied, cancellationToken);
                copied.Clear();
                groupBytes = 0;
            }

            _context.Report("repacking", i + 1, packs.Count, Written.Bytes);
        }
    }

    private async Task EndGroupAsync(PackCopier copier, List<IndexedPack> copied, CancellationToken cancellationToken)
    {
        IReadOnlyList<PackDirectory> written = await copier.FinishAsync(cancellationToken);

        // Hidden first: the index takes the new place of a chunk only when the old one is condemned.
        _context.Writer.Sessions.Condemn(copied.Select(p => p.Header.Id));
        foreach (PackDirectory directory in written)
        {
            _context.Repository.Index.Add(directory);
            Written = Written.Add(directory.PackBytes);
        }

        foreach (IndexedPack pack in copied)
        {
            _packs.Add(new CondemnedPack(pack.Header.Id, pack.PackBytes));
            Repacked = Repacked.Add(pack.PackBytes);
        }
    }
}
