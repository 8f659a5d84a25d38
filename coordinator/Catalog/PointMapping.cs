using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Restore points and snapshots on the wire.</summary>
internal static class PointMapping
{
    public static Wire.RestorePoint ToWire(RestorePointManifest point) => new()
    {
        Id = point.Id.ToString(),
        Plan = point.Plan,
        RunId = point.Run.ToString(),
        Interval = Interval(point.StartedAt, point.FinishedAt),
        Outcome = SourceMapping.ToWire(point.Outcome),
        Failures = { point.Sources.Where(s => s.Failure is not null).Select(s => SourceMapping.ToWire(s.Failure! with { Source = s.Source.ToString() })) },
        Notes = { point.Notes },
    };

    public static Wire.RestorePoint Damaged(RestorePointEntry entry) => new()
    {
        // Without an id in its name, the object is still to be found by that name.
        Id = entry.Id?.ToString() ?? entry.ObjectName,
        Damage = entry.Damage?.Message ?? "Its manifest cannot be read.",
    };

    public static Wire.Snapshot ToWire(SnapshotManifest snapshot) => new()
    {
        Id = snapshot.Id.ToString(),
        Source = SourceMapping.ToWire(snapshot.Source),
        Outcome = SourceMapping.ToWire(snapshot.Outcome),
        Counts = SourceMapping.ToWire(snapshot.Counts),
        Items = { snapshot.Items.Select(EntryMapping.ToWire) },
        Missing = { snapshot.Missing },
        Etcd = snapshot.Etcd is null ? null : EtcdMapping.ToWire(snapshot.Etcd),
        SourcePath = snapshot.SourcePath,
        Interval = Interval(snapshot.StartedAt, snapshot.FinishedAt),
    };

    public static Wire.Snapshot Damaged(SourceResult result, SnapshotId id, string damage) => new()
    {
        Id = id.ToString(),
        Source = SourceMapping.ToWire(result.Source),
        Damage = damage,
    };

    private static Wire.Interval Interval(DateTimeOffset start, DateTimeOffset end) => new()
    {
        StartedAt = Timestamp.FromDateTimeOffset(start),
        FinishedAt = Timestamp.FromDateTimeOffset(end),
    };
}
