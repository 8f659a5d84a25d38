using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Checks a repository without changing it: (1) config, state and key slots; (2) index segments; (3) packs against the index, with their
/// data where asked; (4) manifests, chunk lists and trees; (5) the records beside them: marks of data keys, pins, losses, drills, tombstones. Goes on after every finding, so that the report is complete.
/// </summary>
public static class RepositoryChecker
{
    /// <summary>Runs the check.</summary>
    /// <exception cref="ObjectStoreException">The store cannot be read, so nothing can be said about the repository.</exception>
    public static async Task<CheckReport> RunAsync(
        IObjectStore store,
        MasterKeys keys,
        CheckOptions options,
        TimeProvider clock,
        IProgress<CheckProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(options);
        CheckFindings findings = new();
        IObjectStore plain = store;
        store = new DiagnosingStore(store);
        RepositoryConfig config = await CheckConfigAsync(store, keys, findings, cancellationToken);
        await CheckStateAsync(store, keys, findings, cancellationToken);
        await CheckSlotsAsync(new KeySlots(store, clock), findings, cancellationToken);
        using OpenRepository repository = await OpenRepository.OpenAsync(store, keys, config, presentPacksOnly: false, cancellationToken);
        foreach (RepositoryCorruptException damage in repository.DamagedIndexSegments)
        {
            findings.Add(damage);
        }

        PackCheck packs = new(repository, findings, options, await ReadCoverage.LoadAsync(store, keys, findings.Add, cancellationToken, clock.GetUtcNow()), clock);
        await packs.RunAsync(progress, cancellationToken);
        // Chunks of damaged packs that others have too are not lost: from here on they are found there.
        HashSet<ObjectId> damagedPacks = [.. findings.BadFrames().Select(f => repository.Index.Frame(f).Header.Id)];
        await repository.DistrustAsync(damagedPacks, cancellationToken);
        if (options.RecordCoverage)
        {
            await packs.Coverage.RecordAsync(plain, keys, clock, cancellationToken);
        }

        SnapshotCheck snapshots = new(repository, findings);
        await snapshots.RunAsync(progress, cancellationToken);
        await new RecordCheck(repository, findings).RunAsync(cancellationToken);
        (IReadOnlyList<CheckProblem> problems, long problemCount) = findings.Finish();
        return new CheckReport
        {
            Problems = problems,
            ProblemCount = problemCount,
            DamagedPacks = damagedPacks,
            DamagedSnapshots = findings.DamagedSnapshots(),
            Orphans = packs.Orphans,
            OrphanCount = packs.OrphanCount,
            IndexSegments = repository.SegmentCount,
            Packs = packs.Packs,
            PackBytes = packs.PackBytes,
            Chunks = repository.ChunkCount,
            Snapshots = snapshots.Snapshots,
            RestorePoints = snapshots.RestorePoints,
            OrphanedSnapshots = snapshots.OrphanCount,
            PacksRead = packs.PacksRead,
            PacksEverRead = packs.PacksEverRead,
            OldestRead = packs.OldestRead,
            BytesRead = packs.BytesRead,
        };
    }

    private static async Task<RepositoryConfig> CheckConfigAsync(
        IObjectStore store, MasterKeys keys, CheckFindings findings, CancellationToken cancellationToken)
    {
        try
        {
            return ConfigCodec.Decode(
                await SmallObjects.ReadAsync(store, ObjectNames.Config, RepositoryLimits.SmallObjectBytesMax, cancellationToken), keys);
        }
        catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.UnsupportedVersion)
        {
            // The keys know the repository's id too, so the rest can be checked without the config.
            findings.Add(e);
            return new RepositoryConfig(keys.Repository, RepositoryLimits.FormatVersion, DateTimeOffset.UnixEpoch);
        }
    }

    private static async Task CheckStateAsync(
        IObjectStore store, MasterKeys keys, CheckFindings findings, CancellationToken cancellationToken)
    {
        try
        {
            // A repository nobody wrote to yet has no state.
            if (await store.HeadAsync(ObjectNames.State, cancellationToken) is not null)
            {
                WriterStateCodec.Decode(
                    await SmallObjects.ReadAsync(store, ObjectNames.State, RepositoryLimits.SmallObjectBytesMax, cancellationToken), keys);
            }
        }
        catch (RepositoryCorruptException e)
        {
            findings.Add(e);
        }
    }

    private static async Task CheckSlotsAsync(KeySlots keySlots, CheckFindings findings, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeySlotInfo> slots = await keySlots.ListAsync(cancellationToken);
        foreach (KeySlotInfo slot in slots.Where(s => s.Damage is not null))
        {
            findings.Add(slot.Damage!);
        }

        KeySlotInfo[] intact = [.. slots.Where(s => s.Damage is null)];
        if (intact.Length < KeySlots.SlotsMin || !intact.Any(s => s.IsRecovery))
        {
            findings.Add(
                ObjectNames.KeysPrefix,
                RepositoryDamage.Missing,
                $"{intact.Length} intact key slots, {intact.Count(s => s.IsRecovery)} of them for recovery; there must be {KeySlots.SlotsMin} and 1");
        }
    }
}
