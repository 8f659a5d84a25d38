using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// The end of condemned packs: (1) those that a manifest needs again are rescued; (2) the others leave the index, (3) then the store; (4) then
/// the tombstone goes, and only then may writers refer to the rescued ones again. A crash between any two is made up for by the next prune.
/// </summary>
internal sealed class DueSweep
{
    private const int DeletesAtOnce = 8;

    // Where the store refuses this many in a row, the rest waits for the next prune.
    private const int LockedInARowMax = 64;

    private readonly PruneContext _context;
    private readonly PackSurvey _survey;
    private int _lockedInARow;

    public DueSweep(PruneContext context, PackSurvey survey)
    {
        _context = context;
        _survey = survey;
    }

    public PackTally Deleted { get; private set; }

    public PackTally Rescued { get; private set; }

    public PackTally Locked { get; private set; }

    public async Task RunAsync(IReadOnlyList<KnownTombstone> due, bool execute, CancellationToken cancellationToken)
    {
        Dictionary<ObjectId, long> doomed = [];
        foreach (CondemnedPack pack in due.SelectMany(t => t.Tombstone.Packs))
        {
            switch (_survey.FateOf(pack.Id))
            {
                case PackFate.Needed:
                    Rescued = Rescued.Add(pack.Bytes);
                    break;
                case PackFate.Free:
                    doomed[pack.Id] = pack.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (!execute)
        {
            Deleted = new PackTally(doomed.Count, doomed.Values.Sum());
            return;
        }

        HashSet<ObjectId> gone = await DeletePacksAsync(doomed, cancellationToken);
        foreach (KnownTombstone tombstone in due)
        {
            await EndAsync(tombstone, gone, cancellationToken);
        }
    }

    private async Task<HashSet<ObjectId>> DeletePacksAsync(Dictionary<ObjectId, long> doomed, CancellationToken cancellationToken)
    {
        HashSet<ObjectId> gone = [];
        if (doomed.Count == 0)
        {
            return gone;
        }

        _context.Report("index", 0, doomed.Count);
        IndexRewrite index = await IndexCompactor.RewriteAsync(_context.Writer, doomed.Keys.ToHashSet(), cancellationToken);
        ObjectId[] unlisted = [.. doomed.Keys.Where(id => !index.StillListed.Contains(id))];
        _context.Repository.Index.Drop(unlisted);
        _context.Repository.Index.Sweep();
        foreach (ObjectId listed in index.StillListed)
        {
            Locked = Locked.Add(doomed[listed]);
        }

        foreach (ObjectId[] batch in unlisted.Chunk(DeletesAtOnce))
        {
            if (_lockedInARow >= LockedInARowMax)
            {
                Locked += new PackTally(batch.Length, batch.Sum(id => doomed[id]));
                continue;
            }

            DeleteOutcome?[] outcomes = await Task.WhenAll(batch.Select(id => DeletePackAsync(id, cancellationToken)));
            for (int i = 0; i < batch.Length; i++)
            {
                Count(batch[i], doomed[batch[i]], outcomes[i], gone);
            }

            _context.Report("deleting", gone.Count, unlisted.Length, Deleted.Bytes);
        }

        if (Locked.Packs > 0)
        {
            _context.Meet(PruneObstacleKind.Locked, $"The store does not let {Locked.Packs} packs be deleted yet.");
        }

        return gone;
    }

    // Null for one that is gone already.
    private async Task<DeleteOutcome?> DeletePackAsync(ObjectId pack, CancellationToken cancellationToken) =>
        _survey.IsInStore(pack) ? await _context.DeleteAsync(ObjectNames.Pack(pack), cancellationToken) : null;

    private void Count(ObjectId pack, long bytes, DeleteOutcome? outcome, HashSet<ObjectId> gone)
    {
        switch (outcome)
        {
            case null:
                gone.Add(pack);
                break;
            case DeleteOutcome.Deleted:
                _lockedInARow = 0;
                gone.Add(pack);
                Deleted = Deleted.Add(bytes);
                break;
            case DeleteOutcome.Locked:
                _lockedInARow++;
                Locked = Locked.Add(bytes);
                break;
            default:
                break;
        }
    }

    private async Task EndAsync(KnownTombstone tombstone, HashSet<ObjectId> gone, CancellationToken cancellationToken)
    {
        bool isDone = tombstone.Tombstone.Packs.All(p => gone.Contains(p.Id) || _survey.FateOf(p.Id) == PackFate.Needed);
        if (!isDone || await _context.DeleteAsync(tombstone.Tombstone.ObjectName, cancellationToken) != DeleteOutcome.Deleted)
        {
            return;
        }

        _context.Writer.Tombstones.Remove(tombstone);
        _context.Repository.Index.Pardon(tombstone.Tombstone.Packs.Select(p => p.Id).Except(_context.Writer.Tombstones.Packs()));
    }
}
