using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Restores;

/// <summary>Restores on the wire.</summary>
internal static class RestoreMapping
{
    public static Wire.Restore ToWire(RestoreRecord record, WorkProgress progress)
    {
        Wire.Restore wire = new()
        {
            Id = record.Id.ToString(),
            PointId = record.Point.ToString(),
            SnapshotId = record.Snapshot.ToString(),
            Source = SourceMapping.ToWire(record.Source),
            Node = record.Node,
            State = (Wire.RestoreState)(int)record.State,
            Interval = new Wire.Interval { StartedAt = Timestamp.FromDateTimeOffset(record.StartedAt) },
            Progress = SourceMapping.ToWire(progress),
            StartedBy = record.StartedBy,
            Into = record.Into is { } into ? PodVolumeMapping.ToWire(into) : null,
        };
        if (record.FinishedAt is { } finished)
        {
            wire.Interval.FinishedAt = Timestamp.FromDateTimeOffset(finished);
        }

        if (record.Failure is not null)
        {
            wire.Failure = SourceMapping.ToWire(record.Failure);
        }

        if (record.Report is { } report)
        {
            wire.Report = MessageJson.Parse<Wire.RestoreReport>(report);
        }

        return wire;
    }
}
