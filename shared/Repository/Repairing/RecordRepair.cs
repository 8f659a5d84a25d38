using K8sBackup.ObjectStore;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Repairing;

/// <summary>Damaged marks of data keys and damaged records of what was read and of drills.</summary>
internal sealed class RecordRepair
{
    private readonly SortedDictionary<uint, RepositoryCorruptException?> _marks = [];
    private readonly List<string> _removed = [];

    private RecordRepair()
    {
    }

    public IReadOnlyList<string> Marks => [.. _marks.Keys.Select(ObjectNames.Epoch)];

    public IReadOnlyList<string> Removed => _removed;

    public static async Task<RecordRepair> FindAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        RecordRepair repair = new();
        HashSet<uint> marked = [1];
        foreach (EpochMark mark in await EpochMarks.ReadAsync(store, cancellationToken))
        {
            if (EpochMarks.DamageOf(mark, keys) is not { } damage)
            {
                marked.Add(mark.Epoch);
            }
            else if (Removable.IsLost(damage))
            {
                repair.Add(damage, keys);
            }
        }

        await repair.AddUnmarkedAsync(store, keys, marked, cancellationToken);
        await ReadCoverage.LoadAsync(
            store,
            keys,
            damage =>
            {
                if (Removable.IsLost(damage))
                {
                    repair._removed.Add(damage.ObjectName);
                }
            },
            cancellationToken);
        await repair.AddDrillsAsync(store, keys, cancellationToken);
        return repair;
    }

    public async Task ExecuteAsync(IObjectStore store, MasterKeys keys, TimeProvider clock, CancellationToken cancellationToken)
    {
        foreach ((uint epoch, RepositoryCorruptException? damage) in _marks)
        {
            // A crash in between leaves no mark of a key that packs were sealed with, which is found again.
            await (damage is null ? Task.CompletedTask : store.DeleteAsync(damage.ObjectName, cancellationToken));
            await EpochMarks.WriteAsync(store, keys, epoch, clock.GetUtcNow(), cancellationToken);
        }

        foreach (string name in _removed)
        {
            await store.DeleteAsync(name, cancellationToken);
        }
    }

    // A drill that cannot be read any more proves nothing, and the next one is held all the same.
    private async Task AddDrillsAsync(IObjectStore store, MasterKeys keys, CancellationToken cancellationToken)
    {
        await foreach (DrillEntry entry in DrillStore.ReadAsync(store, keys, cancellationToken))
        {
            if (entry.Damage is { } damage && Removable.IsLost(damage))
            {
                _removed.Add(damage.ObjectName);
            }
        }
    }

    // A mark of a key this set lacks may be genuine to a newer slot, so it stays.
    private void Add(RepositoryCorruptException damage, MasterKeys keys)
    {
        if (!ObjectNames.TryParseEpoch(damage.ObjectName, out uint epoch) || epoch <= 1)
        {
            _removed.Add(damage.ObjectName);
        }
        else if (keys.TryGetDataKey(epoch, out _))
        {
            _marks[epoch] = damage;
        }
    }

    private async Task AddUnmarkedAsync(IObjectStore store, MasterKeys keys, HashSet<uint> marked, CancellationToken cancellationToken)
    {
        RepositoryConfig config = new(keys.Repository, RepositoryLimits.FormatVersion, DateTimeOffset.UnixEpoch);
        using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, config, presentPacksOnly: false, cancellationToken);
        foreach (uint epoch in repository.Index.Packs().Select(p => p.Header.Epoch).Distinct().Where(e => !marked.Contains(e)))
        {
            _marks.TryAdd(epoch, null);
        }
    }
}
