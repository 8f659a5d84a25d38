using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class PointViews
{
    public static readonly View<EtcdEvidence> Etcd = new View<EtcdEvidence>()
        .Number("revision", "Revision", e => e.Revision)
        .Number("compactRevision", "Compacted at", e => e.CompactRevision)
        .Number("keys", "Keys", e => e.Keys)
        .Bytes("databaseBytes", "Database", e => e.DatabaseBytes)
        .Number("pageBytes", "Page bytes", e => e.PageBytes)
        .Text("clusterId", "Cluster id", e => e.ClusterId)
        .Text("memberId", "Member id", e => e.MemberId)
        .Text("memberName", "Member", e => e.MemberName)
        .Text("serverVersion", "etcd", e => e.ServerVersion)
        .Text("dataVersion", "Data version", e => e.DataVersion)
        .Text("sha256", "SHA-256", e => e.Sha256)
        .Number("hashKv", "HashKV", e => e.HashKv)
        .List("verified", "Verified", e => e.Verified)
        .List("members", "Members", e => e.Members)
        .List("alarms", "Alarms", e => e.Alarms);

    public static readonly View<Snapshot> Snapshot = new View<Snapshot>()
        .Text("source", "Source", s => Words.Of(s.Source))
        .Text("outcome", "Outcome", s => s.Damage.Length > 0 ? "Damaged" : s.Outcome.ToString())
        .Text("id", "Snapshot", s => s.Id)
        .Time("startedAt", "Started", s => s.Interval?.StartedAt, FieldPlace.Documents)
        .Time("finishedAt", "Finished", s => s.Interval?.FinishedAt, FieldPlace.Documents)
        .Number("files", "Files", s => s.Counts?.Files ?? 0)
        .Bytes("bytes", "Bytes", s => s.Counts?.FileBytes ?? 0)
        .Number("problems", "Problems", s => s.Counts?.Failed ?? 0)
        .Text("evidence", "Verified", s => s.Etcd is { } e ? $"revision {e.Revision}, {e.Keys} keys" : "")
        .Text("sourcePath", "Path", s => s.SourcePath, FieldPlace.Documents)
        .Text("damage", "Damage", s => s.Damage, FieldPlace.Documents)
        .List("missing", "Missing", s => s.Missing, FieldPlace.Documents)
        .Object("counts", "Counts", CommonViews.Counts, s => s.Counts)
        .Table("items", "Items", CommonViews.Item, s => s.Items, showsBelowLists: true)
        .Object("etcd", "etcd", Etcd, s => s.Etcd, showsBelowLists: true);

    public static readonly View<RestorePoint> Point = new View<RestorePoint>()
        .Text("id", "Id", p => p.Id)
        .Text("plan", "Plan", p => p.Plan)
        .Text("outcome", "Outcome", p => p.Damage.Length > 0 ? "Damaged" : p.Outcome.ToString())
        .Time("startedAt", "Started", p => p.Interval?.StartedAt)
        .Time("finishedAt", "Finished", p => p.Interval?.FinishedAt)
        .Number("snapshotCount", "Snapshots", p => p.Snapshots.Count)
        .Number("files", "Files", p => p.Snapshots.Sum(s => s.Counts?.Files ?? 0))
        .Bytes("bytes", "Bytes", p => p.Snapshots.Sum(s => s.Counts?.FileBytes ?? 0))
        .Text("runId", "Run", p => p.RunId, FieldPlace.Details)
        .Text("damage", "Damage", p => p.Damage, FieldPlace.Documents)
        .List("notes", "Notes", p => p.Notes)
        .Table("snapshots", "Snapshots", Snapshot, p => p.Snapshots)
        .Table("failures", "Without a snapshot", CommonViews.Failure, p => p.Failures);
}
