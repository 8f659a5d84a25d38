using Google.Protobuf.WellKnownTypes;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.ClusterRestores;

/// <summary>Restores of the cluster's etcd on the wire.</summary>
internal static class ClusterRestoreMapping
{
    public static Wire.Restore ToWire(ClusterRestoreRecord record, Func<string, WorkProgress> progressOf)
    {
        Wire.Restore wire = new()
        {
            Id = record.Id.ToString(),
            PointId = record.Point.ToString(),
            SnapshotId = record.Snapshot.ToString(),
            Source = SourceMapping.ToWire(record.Source),
            State = (Wire.RestoreState)(int)record.State,
            Interval = new Wire.Interval { StartedAt = Timestamp.FromDateTimeOffset(record.StartedAt) },
            StartedBy = record.StartedBy,
            Cluster = ClusterOf(record, progressOf),
        };
        if (record.FinishedAt is { } finished)
        {
            wire.Interval.FinishedAt = Timestamp.FromDateTimeOffset(finished);
        }

        if (record.Failure is { } failure)
        {
            wire.Failure = SourceMapping.ToWire(failure);
        }

        return wire;
    }

    private static Wire.ClusterRestore ClusterOf(ClusterRestoreRecord record, Func<string, WorkProgress> progressOf) => new()
    {
        Cluster = record.Cluster,
        Phase = (Wire.ClusterRestorePhase)(int)record.Phase,
        Target = MessageJson.Parse<Wire.RestoreTarget>(record.Target),
        Nodes = { record.Nodes.Select(node => NodeOf(record, node, progressOf(node.Name))) },
        Transformations = { record.Transformations },
        Obstacles = { record.Obstacles },
        Warnings = { record.Warnings },
        SnapshotRevision = record.Evidence.Revision,
        SnapshotTakenAt = Timestamp.FromDateTimeOffset(record.Evidence.TakenAt),
        Events = { record.Events },
        PastReturn = record.IsPastReturn,
    };

    private static Wire.ClusterRestoreNode NodeOf(ClusterRestoreRecord record, ClusterNode node, WorkProgress progress)
    {
        StepOrder? order = ClusterRestoreMachine.Wanted(record).FirstOrDefault(each => each.Node == node.Name);
        Wire.ClusterRestoreNode wire = new()
        {
            Node = node.Name,
            Part = node.Part.ToString().ToLowerInvariant(),
            Facts = node.Facts is { } facts ? MessageJson.Parse<Wire.NodeFacts>(facts) : null,
            Staged = node.Staged is { } staged ? MessageJson.Parse<Wire.StagedMember>(staged) : null,
            State = node.State is { } state ? MessageJson.Parse<Wire.MemberState>(state) : null,
            Step = order?.Step ?? (node.Done is { } done ? ClusterPhases.StepOf(done) : null) ?? Wire.RestoreStep.Unspecified,
            Done = order is null,
            Notes = { node.Notes },
            Progress = SourceMapping.ToWire(progress),
        };
        if ((node.Problem ?? node.Failure) is { } failure)
        {
            wire.Failure = SourceMapping.ToWire(failure);
        }

        return wire;
    }
}
