using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class CheckViews
{
    public static readonly View<CheckProblem> Problem = new View<CheckProblem>()
        .Text("object", "Object", p => p.Object)
        .Text("problem", "Problem", p => p.Problem)
        .List("affected", "Affected", p => p.Affected, FieldPlace.Everywhere)
        .Number("affectedCount", "In all", p => p.AffectedCount, FieldPlace.Documents)
        .Number("fileCount", "Files lost", p => p.FileCount)
        .List("files", "Files", p => p.Files, FieldPlace.Everywhere);

    public static readonly View<CheckResult> Result = new View<CheckResult>()
        .Text("outcome", "Outcome", r => r.Problems.Count == 0 ? "Sound" : "Damaged")
        .Number("objects", "Objects", r => r.Objects)
        .Number("snapshots", "Snapshots", r => r.Snapshots)
        .Number("chunks", "Chunks", r => r.Chunks)
        .Bytes("bytesRead", "Read", r => r.BytesRead)
        .Number("packs", "Packs", r => r.Packs)
        .Number("packsRead", "Packs read", r => r.PacksRead)
        .Number("packsEverRead", "Ever read", r => r.PacksEverRead)
        .Number("orphanedPacks", "Orphaned packs", r => r.OrphanedPacks)
        .Number("orphanedSnapshots", "Orphaned snapshots", r => r.OrphanedSnapshots)
        .Table("problems", "Problems", Problem, r => r.Problems);
}
