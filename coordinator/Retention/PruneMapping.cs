using Google.Protobuf.WellKnownTypes;
using K8sBackup.Repository.Pruning;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Retention;

/// <summary>Prune reports on the wire.</summary>
internal static class PruneMapping
{
    private const int PointsMax = 10_000;

    public static Wire.PruneResult ToWire(PruneReport report) => new()
    {
        DryRun = report.IsPlan,
        Points = { report.RestorePoints.Take(PointsMax).Select(id => id.ToString()) },
        PointCount = report.RestorePoints.Count,
        Snapshots = report.Snapshots.Count,
        Total = ToWire(report.Total),
        Deleted = ToWire(report.Deleted),
        Rescued = ToWire(report.Rescued),
        Locked = ToWire(report.Locked),
        Condemned = ToWire(report.Condemned),
        Repacked = ToWire(report.Repacked),
        Written = ToWire(report.Written),
        Waiting = ToWire(report.Waiting),
        BytesComingBack = report.BytesComingBack,
        NextDue = report.NextDue is { } due ? Timestamp.FromDateTimeOffset(due) : null,
        RetentionExtended = report.RetentionExtended,
        Segments = report.SegmentsAfter,
        Obstacles = { report.Obstacles.Select(o => new Wire.PruneObstacle { Kind = o.Kind.ToString(), Detail = o.Detail }) },
        Reasons = { report.Reasons.OrderBy(r => r.Key).Select(r => new Wire.PackReason { Reason = r.Key.ToString(), Packs = ToWire(r.Value) }) },
        Decisions =
        {
            report.Decisions.Select(d => new Wire.PackDecision
            {
                Object = d.ObjectName, Reason = d.Reason.ToString(), Bytes = d.Bytes, LivePercent = d.LivePercent,
            }),
        },
    };

    private static Wire.PackTally ToWire(PackTally tally) => new() { Packs = tally.Packs, Bytes = tally.Bytes };
}
