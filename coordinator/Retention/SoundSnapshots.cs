using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Coordinator.Retention;

/// <summary>
/// The snapshots that may count as good: their manifest reads now, no repair has recorded a loss in them, and etcd's are verified.
/// Nothing is remembered between two reviews, since damage comes later than a snapshot.
/// </summary>
internal static class SoundSnapshots
{
    public static async Task<IReadOnlySet<SnapshotId>> ReadAsync(OpenRepository repository, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<SnapshotId, SnapshotLoss> losses = await repository.Catalog.LossesAsync(cancellationToken);
        HashSet<SnapshotId> sound = [];
        await foreach (SnapshotEntry entry in repository.Catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Manifest is { } manifest && !losses.ContainsKey(manifest.Id) && IsProven(manifest))
            {
                sound.Add(manifest.Id);
            }
        }

        return sound;
    }

    private static bool IsProven(SnapshotManifest manifest) => manifest.Source.Kind != SourceKind.Etcd || manifest.Etcd is { IsVerified: true };
}
