using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Transport.Mapping;

/// <summary>Restore points and snapshots on the wire.</summary>
public static class PointMapping
{
    /// <summary>A restore point, without its snapshots.</summary>
    public static Wire.RestorePoint ToWire(RestorePointManifest point)
    {
        ArgumentNullException.ThrowIfNull(point);
        return new Wire.RestorePoint
        {
            Id = point.Id.ToString(),
            Plan = point.Plan,
            RunId = point.Run.ToString(),
            Interval = Interval(point.StartedAt, point.FinishedAt),
            Outcome = SourceMapping.ToWire(point.Outcome),
            Failures = { point.Sources.Where(s => s.Failure is not null).Select(s => SourceMapping.ToWire(s.Failure! with { Source = s.Source.ToString() })) },
            Notes = { point.Notes },
            RecoverySet = point.RecoverySet is { } set ? ControlPlaneMapping.ToWire(set) : null,
        };
    }

    /// <summary>A restore point whose manifest cannot be read.</summary>
    /// <param name="id">Its id, or the object's name when that has none: it is still to be found by that.</param>
    /// <param name="damage">What is wrong.</param>
    public static Wire.RestorePoint Damaged(string id, string damage) => new() { Id = id, Damage = damage };

    /// <summary>A snapshot.</summary>
    public static Wire.Snapshot ToWire(SnapshotManifest snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new Wire.Snapshot
        {
            Id = snapshot.Id.ToString(),
            Source = SourceMapping.ToWire(snapshot.Source),
            Outcome = SourceMapping.ToWire(snapshot.Outcome),
            Counts = SourceMapping.ToWire(snapshot.Counts),
            Items = { snapshot.Items.Select(EntryMapping.ToWire) },
            Missing = { snapshot.Missing },
            Etcd = snapshot.Etcd is null ? null : EtcdMapping.ToWire(snapshot.Etcd),
            SourcePath = snapshot.SourcePath,
            ControlPlane = snapshot.ControlPlane is { } facts ? ControlPlaneMapping.ToWire(facts) : null,
            PodVolume = snapshot.Volume is { } volume ? PodVolumeMapping.ToWire(volume) : null,
            Interval = Interval(snapshot.StartedAt, snapshot.FinishedAt),
            Exclusions = snapshot.Exclusions is { } exclusions ? ExclusionMapping.ToWire(exclusions) : null,
        };
    }

    /// <summary>A snapshot whose manifest cannot be read.</summary>
    public static Wire.Snapshot Damaged(SourceKey source, SnapshotId id, string damage) => new()
    {
        Id = id.ToString(),
        Source = SourceMapping.ToWire(source),
        Damage = damage,
    };

    private static Wire.Interval Interval(DateTimeOffset start, DateTimeOffset end) => new()
    {
        StartedAt = Timestamp.FromDateTimeOffset(start),
        FinishedAt = Timestamp.FromDateTimeOffset(end),
    };
}
