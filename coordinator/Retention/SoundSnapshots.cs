using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Retention;

/// <summary>
/// The snapshots that may count as good: their manifest reads now, no repair has recorded a loss in them, etcd's are verified, and the last
/// drill of them, if there was one, passed.
/// Nothing is remembered between two reviews, since damage comes later than a snapshot.
/// </summary>
internal static class SoundSnapshots
{
    public static async Task<IReadOnlySet<SnapshotId>> ReadAsync(OpenRepository repository, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<SnapshotId, SnapshotLoss> losses = await repository.Catalog.LossesAsync(cancellationToken);
        IReadOnlyDictionary<SnapshotId, DrillEntry> drills = await repository.Catalog.NewestDrillsAsync(cancellationToken);
        HashSet<SnapshotId> sound = [];
        await foreach (SnapshotEntry entry in repository.Catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Manifest is { } manifest && !losses.ContainsKey(manifest.Id) && IsProven(manifest) && drills.GetValueOrDefault(manifest.Id) is null or { Passed: true })
            {
                sound.Add(manifest.Id);
            }
        }

        return sound;
    }

    private static bool IsProven(SnapshotManifest manifest) => manifest.Source.Kind != SourceKind.Etcd || manifest.Etcd is { IsVerified: true };
}
