using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class RunViews
{
    public static readonly View<RunSource> Source = new View<RunSource>()
        .Text("source", "Source", s => Words.Of(s.Source))
        .Text("state", "State", s => s.State.ToString())
        .Text("snapshotId", "Snapshot", s => s.SnapshotId, FieldPlace.Documents)
        .Time("startedAt", "Started", s => s.Interval?.StartedAt, FieldPlace.Documents)
        .Time("finishedAt", "Finished", s => s.Interval?.FinishedAt, FieldPlace.Documents)
        .Number("files", "Files", s => s.Counts?.Files ?? s.Progress?.FilesDone ?? 0)
        .Bytes("bytes", "Bytes", s => s.Counts?.FileBytes ?? s.Progress?.BytesDone ?? 0)
        .Bytes("storedBytes", "New in store", s => s.Counts?.StoredBytes ?? 0)
        .Text("message", "Failure", s => s.Failure is { } f ? $"{f.Message} ({f.Cause})" : "")
        .Object("progress", "Progress", CommonViews.Progress, s => s.Progress)
        .Object("counts", "Counts", CommonViews.Counts, s => s.Counts)
        .Object("failure", "Failure", CommonViews.Failure, s => s.Failure);

    public static readonly View<Run> Run = new View<Run>()
        .Text("id", "Id", r => r.Id)
        .Text("plan", "Plan", r => r.Plan)
        .Text("state", "State", r => r.State.ToString())
        .Time("startedAt", "Started", r => r.Interval?.StartedAt)
        .Time("finishedAt", "Finished", r => r.Interval?.FinishedAt)
        .Text("startedBy", "Started by", r => r.StartedBy)
        .Text("pointId", "Restore point", r => r.PointId)
        .List("notes", "Notes", r => r.Notes)
        .Table("sources", "Sources", Source, r => r.Sources);

    public static readonly View<Plan> Plan = new View<Plan>()
        .Text("name", "Name", p => p.Name)
        .Text("schedule", "Schedule", p => p.Schedule.Length > 0 ? p.Schedule : "on demand")
        .Text("timeZone", "Time zone", p => p.TimeZone)
        .Flag("paused", "Paused", p => p.Paused)
        .Time("nextRun", "Next run", p => p.NextRun)
        .Text("lastRunState", "Last run", p => p.LastRun?.State.ToString() ?? "never")
        .Text("lastRunId", "Last run id", p => p.LastRun?.Id ?? "", FieldPlace.Details)
        .Text("file", "File", p => p.File, FieldPlace.Details)
        .Text("yaml", "Text", p => p.Yaml.TrimEnd(), FieldPlace.Details);

    public static readonly View<PlanProblem> Problem = new View<PlanProblem>()
        .Text("file", "File", p => p.File)
        .Number("line", "Line", p => p.Line)
        .Text("reason", "Reason", p => p.Reason)
        .Flag("lastGoodInForce", "Last good version in force", p => p.LastGoodInForce);
}
