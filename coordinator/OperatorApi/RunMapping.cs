using Google.Protobuf.WellKnownTypes;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.OperatorApi;

/// <summary>Runs on the wire.</summary>
internal static class RunMapping
{
    /// <summary>The run; progress of work that goes on is taken from the board.</summary>
    public static Wire.Run ToWire(RunRecord run, WorkBoard board) => new()
    {
        Id = run.Id.ToString(),
        Plan = run.Plan,
        State = (Wire.RunState)(int)run.State,
        Interval = Interval(run.StartedAt, run.FinishedAt),
        Sources = { run.Sources.Select(source => ToWire(run, source, board)) },
        PointId = run.PointCommitted ? run.Point.ToString() : "",
        Notes = { run.Notes },
        StartedBy = run.StartedBy,
    };

    private static Wire.RunSource ToWire(RunRecord run, RunSource source, WorkBoard board)
    {
        WorkItem? item = source.State == SourceState.Running ? board.Find(WorkIds.ForBackup(run.Id, source.Source)) : null;
        return new Wire.RunSource
        {
            Source = SourceMapping.ToWire(source.Source),
            State = (Wire.SourceState)(int)source.State,
            Progress = SourceMapping.ToWire(item?.Progress ?? source.Progress),
            Failure = source.Failure is null ? null : SourceMapping.ToWire(source.Failure),
            SnapshotId = source.Snapshot?.ToString() ?? "",
            Interval = source.StartedAt is { } started ? Interval(started, source.FinishedAt) : null,
            Counts = source.Counts is null ? null : SourceMapping.ToWire(source.Counts),
        };
    }

    private static Wire.Interval Interval(DateTimeOffset start, DateTimeOffset? end) => new()
    {
        StartedAt = Timestamp.FromDateTimeOffset(start),
        FinishedAt = end is { } finished ? Timestamp.FromDateTimeOffset(finished) : null,
    };
}
