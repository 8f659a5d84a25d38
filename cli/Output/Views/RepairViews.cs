using Google.Protobuf.WellKnownTypes;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Cli.Output.Views;

internal static class RepairViews
{
    public static readonly View<IndexRebuildReport> Index = new View<IndexRebuildReport>()
        .Number("packs", "Packs", r => r.Packs)
        .Number("added", "Not listed", r => r.Added)
        .List("segments", "New segments", r => r.Segments, FieldPlace.Everywhere)
        .List("removed", "Removed", r => r.Removed, FieldPlace.Everywhere)
        .List("unreadable", "Unreadable", r => r.Unreadable.Select(d => d.Message), FieldPlace.Everywhere);

    public static readonly View<SnapshotLoss> Loss = new View<SnapshotLoss>()
        .Text("snapshot", "Snapshot", l => l.Snapshot.ToString())
        .Number("pathCount", "Files lost", l => l.PathCount)
        .List("paths", "Files", l => l.Paths, FieldPlace.Everywhere)
        .List("objects", "Because of", l => l.Objects, FieldPlace.Everywhere);

    public static readonly View<SnapshotRepairReport> Snapshots = new View<SnapshotRepairReport>()
        .Number("damaged", "Damaged snapshots", r => r.Check.DamagedSnapshots.Count)
        .List("healed", "Whole again", r => r.Healed.Select(s => s.ToString()), FieldPlace.Everywhere)
        .List("withoutManifest", "Without manifest", r => r.WithoutManifest.Select(s => s.ToString()), FieldPlace.Everywhere)
        .List("removed", "Removed", r => r.Removed, FieldPlace.Everywhere)
        .Table("marked", "Marked", Loss, r => r.Marked);

    public static readonly View<RestorePointManifest> Point = new View<RestorePointManifest>()
        .Text("point", "Restore point", p => p.Id.ToString())
        .Text("plan", "Plan", p => p.Plan)
        .Time("finishedAt", "Finished", p => Timestamp.FromDateTimeOffset(p.FinishedAt))
        .List("sources", "Sources", p => p.Sources.Select(s => s.Source.ToString()), FieldPlace.Everywhere);

    public static readonly View<PointRepairReport> Points = new View<PointRepairReport>()
        .List("damaged", "Damaged", r => r.Damaged, FieldPlace.Everywhere)
        .Table("made", "Made again", Point, r => r.Made);

    public static readonly View<ConfigRepairReport> Config = new View<ConfigRepairReport>()
        .Text("config", "Config", r => r.Config?.Message ?? "Sound")
        .Text("state", "State", r => r.State?.Message ?? "Sound")
        .List("marks", "Marks of keys", r => r.Marks, FieldPlace.Everywhere)
        .List("removed", "Removed", r => r.Removed, FieldPlace.Everywhere);

    public static readonly View<CopyProblem> CopyProblem = new View<CopyProblem>()
        .Text("object", "Object", p => p.ObjectName)
        .Text("where", "Where", p => p.IsAtSource ? "Source" : "Copy")
        .Text("problem", "Problem", p => p.Detail);

    public static readonly View<CopyReport> Copy = new View<CopyReport>()
        .Number("copied", "Copied", r => r.Copied)
        .Bytes("copiedBytes", "Bytes", r => r.CopiedBytes)
        .Number("present", "There already", r => r.Present)
        .Number("deleted", "Deleted", r => r.Deleted)
        .Number("vanished", "Vanished meanwhile", r => r.Vanished)
        .Table("problems", "Problems", CopyProblem, r => r.Problems);
}
