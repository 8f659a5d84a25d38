using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// What packs there are and which of them are needed: the store's listing, the index, and the marks. Memory: 32 bytes for each pack, and
/// about 100 for each one that is condemned or no segment lists.
/// </summary>
internal sealed class PackSurvey
{
    private const int OrphansMax = 2 * Tombstone.PacksMax;

    private readonly PruneContext _context;
    private readonly HashSet<ObjectId> _condemned;
    private readonly HashSet<ObjectId> _condemnedInStore = [];
    private readonly List<CondemnedPack> _unlisted = [];
    private Dictionary<ObjectId, PackLiveness> _condemnedLiveness = [];
    private bool _marksAreComplete;

    public PackSurvey(PruneContext context)
    {
        _context = context;
        _condemned = [.. context.Writer.Tombstones.Packs()];
    }

    public PackTally Total { get; private set; }

    /// <summary>Packs the index lists that are not condemned, after <see cref="Take"/>.</summary>
    public IReadOnlyList<PackLiveness> Packs { get; private set; } = [];

    /// <summary>Packs that no segment lists, where that is certain.</summary>
    public IReadOnlyList<CondemnedPack> Orphans { get; private set; } = [];

    /// <summary>True when every chunk that is needed is in the index and every segment could be read.</summary>
    public bool IndexIsComplete { get; private set; }

    /// <summary>Lists the packs. What the writer puts afterwards is not among them.</summary>
    public async Task ListAsync(CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in _context.Store.ListAsync(ObjectNames.PacksPrefix, cancellationToken))
        {
            Total = Total.Add(info.Length);
            if (!ObjectNames.TryParsePack(info.Name, out ObjectId id))
            {
                continue;
            }

            if (_condemned.Contains(id))
            {
                _condemnedInStore.Add(id);
            }
            else if (!_context.Repository.Index.ContainsPack(id) && _unlisted.Count < OrphansMax)
            {
                _unlisted.Add(new CondemnedPack(id, info.Length));
            }
        }
    }

    /// <summary>Takes what marking found. Orphans are packs that were listed and that the index still does not know after a flush.</summary>
    public void Take(bool marksAreComplete, long missingChunks)
    {
        _marksAreComplete = marksAreComplete;
        IReadOnlyList<PackLiveness> packs = _context.Repository.Index.Survey();
        Packs = [.. packs.Where(p => !p.IsCondemned)];
        _condemnedLiveness = packs.Where(p => p.IsCondemned).ToDictionary(p => p.Pack.Header.Id);
        IndexIsComplete = missingChunks == 0 && _context.Repository.DamagedIndexSegments.Count == 0;
        Orphans = IndexIsComplete ? [.. _unlisted.Where(p => !_context.Repository.Index.ContainsPack(p.Id))] : [];
        if (!IndexIsComplete)
        {
            _context.Meet(
                PruneObstacleKind.IncompleteIndex,
                $"{missingChunks} chunks that are needed are not in the index, and {_context.Repository.DamagedIndexSegments.Count} index segments are damaged: "
                    + "packs that no segment lists stay. Check the repository, and rebuild its index.");
        }
    }

    public bool IsInStore(ObjectId condemned) => _condemnedInStore.Contains(condemned);

    /// <summary>What is to become of a condemned pack.</summary>
    public PackFate FateOf(ObjectId condemned)
    {
        if (!_marksAreComplete)
        {
            return PackFate.Unknown;
        }

        if (_condemnedLiveness.TryGetValue(condemned, out PackLiveness liveness))
        {
            return liveness.LiveBytes > 0 ? PackFate.Needed : PackFate.Free;
        }

        return IndexIsComplete || !IsInStore(condemned) ? PackFate.Free : PackFate.Unknown;
    }
}
