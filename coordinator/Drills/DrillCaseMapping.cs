using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Drills;

/// <summary>Drills on the wire, whatever became of them.</summary>
internal static class DrillCaseMapping
{
    public static Wire.Drill ToWire(DrillCase drill, WorkProgress progress)
    {
        Wire.Drill wire = new()
        {
            Id = drill.Id.ToString(),
            PointId = drill.Point.ToString(),
            SnapshotId = drill.Snapshot.Id.ToString(),
            Source = SourceMapping.ToWire(drill.Source),
            Node = drill.Node,
            State = (Wire.DrillState)(int)drill.State,
            StartedBy = drill.StartedBy,
            Interval = new Wire.Interval { StartedAt = Timestamp.FromDateTimeOffset(drill.BeganAt) },
            Reason = drill.Reason,
            Etcd = drill.Etcd is { } etcd ? DrillMapping.ToWire(etcd) : null,
            Files = drill.Files is { } files ? DrillMapping.ToWire(files) : null,
            Failure = drill.Failure is { } failure ? SourceMapping.ToWire(failure) : null,
        };
        if (drill.EndedAt is { } ended)
        {
            wire.Interval.FinishedAt = Timestamp.FromDateTimeOffset(ended);
        }
        else
        {
            wire.Progress = SourceMapping.ToWire(progress);
        }

        return wire;
    }
}
