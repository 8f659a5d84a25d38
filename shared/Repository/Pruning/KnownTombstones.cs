using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Writing;

namespace K8sBackup.Repository.Pruning;

/// <summary>
/// The tombstones a writer heeds. One that it did not know at its opening (a late write of the writer before) counts from when it is
/// found, because uploads may have begun since that do not know of it. One caller at a time.
/// </summary>
internal sealed class KnownTombstones
{
    private readonly Dictionary<ObjectId, KnownTombstone> _known = [];
    private readonly TimeProvider _clock;

    public KnownTombstones(TimeProvider clock) => _clock = clock;

    public IReadOnlyList<KnownTombstone> All => [.. _known.Values.OrderBy(t => t.Tombstone.CreatedAt)];

    /// <summary>Every pack that one of them names.</summary>
    public IEnumerable<ObjectId> Packs() => _known.Values.SelectMany(t => t.Tombstone.Packs).Select(p => p.Id);

    public IReadOnlyList<RepositoryCorruptException> Damaged { get; private set; } = [];

    /// <summary>At the opening of a writer: no upload has begun.</summary>
    public async Task LoadAsync(IObjectStore store, MasterKeys keys, ChunkIndex index, CancellationToken cancellationToken)
    {
        (List<Tombstone> stored, List<RepositoryCorruptException> damaged) = await TombstoneStore.ReadAllAsync(store, keys, cancellationToken);
        Damaged = damaged;
        foreach (Tombstone tombstone in stored)
        {
            index.Condemn(tombstone.Packs.Select(p => p.Id), WriterSessions.BeforeAll);
            _known.TryAdd(tombstone.Id, new KnownTombstone(tombstone, WriterSessions.BeforeAll, _clock.GetTimestamp()));
        }
    }

    /// <summary>Later: takes on what is new in the store; gives what is not there any more, whose packs stay hidden for now.</summary>
    public async Task<IReadOnlyList<KnownTombstone>> UpdateAsync(
        IObjectStore store, MasterKeys keys, WriterSessions sessions, CancellationToken cancellationToken)
    {
        (List<Tombstone> stored, List<RepositoryCorruptException> damaged) = await TombstoneStore.ReadAllAsync(store, keys, cancellationToken);
        Damaged = damaged;
        foreach (Tombstone tombstone in stored.Where(t => !_known.ContainsKey(t.Id)))
        {
            Add(tombstone, sessions.Condemn(tombstone.Packs.Select(p => p.Id)));
        }

        HashSet<ObjectId> present = [.. stored.Select(t => t.Id)];
        HashSet<string> unreadable = [.. damaged.Select(d => d.ObjectName)];
        return [.. _known.Values.Where(t => !present.Contains(t.Tombstone.Id) && !unreadable.Contains(t.Tombstone.ObjectName))];
    }

    public void Add(Tombstone tombstone, long at) => _known[tombstone.Id] = new KnownTombstone(tombstone, at, _clock.GetTimestamp());

    public void Remove(KnownTombstone tombstone) => _known.Remove(tombstone.Tombstone.Id);
}
