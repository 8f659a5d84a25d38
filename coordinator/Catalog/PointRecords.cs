using K8sBackup.Model.Ids;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>What is recorded beside the manifests: losses that repairs found, and the last drill of each snapshot.</summary>
internal sealed record PointRecords(IReadOnlyDictionary<SnapshotId, SnapshotLoss> Losses, IReadOnlyDictionary<SnapshotId, DrillEntry> Drills)
{
    public static async Task<PointRecords> ReadAsync(OpenRepository repository, CancellationToken cancellationToken) =>
        new(await repository.Catalog.LossesAsync(cancellationToken), await repository.Catalog.NewestDrillsAsync(cancellationToken));

    /// <summary>The last drill of a snapshot; null when there was none.</summary>
    public Wire.Drill? DrillOf(SnapshotId snapshot, SourceKey source, RestorePointId point) => Drills.GetValueOrDefault(snapshot) switch
    {
        null => null,
        { Record: { } record } => DrillMapping.ToWire(record),
        _ => new Wire.Drill
        {
            PointId = point.ToString(),
            SnapshotId = snapshot.ToString(),
            Source = SourceMapping.ToWire(source),
            State = Wire.DrillState.Failed,
            Reason = "The record of the last drill cannot be read.",
        },
    };
}
