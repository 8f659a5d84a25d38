using K8sBackup.Model.Ids;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// Checks the records beside data and manifests: marks of data keys, pins, losses, drills, tombstones. None of them costs a file; each says
/// something people or a prune act on.
/// </summary>
internal sealed class RecordCheck(OpenRepository repository, CheckFindings findings)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await CheckMarksAsync(cancellationToken);
        await CheckPinsAsync(cancellationToken);
        await CheckLossesAsync(cancellationToken);
        await CheckDrillsAsync(cancellationToken);
        (_, List<RepositoryCorruptException> damaged) = await TombstoneStore.ReadAllAsync(repository.Store, repository.Keys, cancellationToken);
        damaged.ForEach(findings.Add);
    }

    private async Task CheckMarksAsync(CancellationToken cancellationToken)
    {
        HashSet<uint> marked = [1];
        foreach (EpochMark mark in await EpochMarks.ReadAsync(repository.Store, cancellationToken))
        {
            if (EpochMarks.DamageOf(mark, repository.Keys) is { } damage)
            {
                findings.Add(damage);
            }
            else
            {
                marked.Add(mark.Epoch);
            }
        }

        foreach (uint epoch in repository.Index.Packs().Select(p => p.Header.Epoch).Distinct().Where(e => !marked.Contains(e)))
        {
            findings.Add(
                ObjectNames.Epoch(epoch),
                RepositoryDamage.Missing,
                $"packs were sealed with data key {epoch}, and no mark says that it is in use: an older one would be used again");
        }
    }

    private async Task CheckPinsAsync(CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in repository.Store.ListAsync(ObjectNames.PinsPrefix, cancellationToken))
        {
            try
            {
                await PinStore.ReadAsync(repository.Store, repository.Keys, info.Name, cancellationToken);
            }
            catch (RepositoryCorruptException e) when (e.Damage == RepositoryDamage.Missing)
            {
                // Removed since it was listed.
            }
            catch (RepositoryCorruptException e)
            {
                RestorePointId? point = RestorePointId.TryParse(info.Name[ObjectNames.PinsPrefix.Length..], out RestorePointId id) ? id : null;
                findings.AddAbout(e, null, point);
            }
        }
    }

    private async Task CheckLossesAsync(CancellationToken cancellationToken)
    {
        await foreach (ObjectInfo info in repository.Store.ListAsync(ObjectNames.LossesPrefix, cancellationToken))
        {
            if (await LossStore.DamageOfAsync(repository.Store, repository.Keys, info.Name, cancellationToken) is { } damage)
            {
                findings.AddAbout(damage, LossStore.SnapshotOf(info.Name), null);
            }
        }
    }

    private async Task CheckDrillsAsync(CancellationToken cancellationToken)
    {
        await foreach (DrillEntry entry in DrillStore.ReadAsync(repository.Store, repository.Keys, cancellationToken))
        {
            if (entry.Damage is { } damage)
            {
                findings.AddAbout(damage, entry.Snapshot, null);
            }
        }
    }
}
