using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class PruneViews
{
    private const int ShownMax = 20;

    public static readonly View<PackTally> Tally = new View<PackTally>()
        .Number("packs", "Packs", t => t.Packs)
        .Bytes("bytes", "Bytes", t => t.Bytes);

    public static readonly View<PackReason> Reason = new View<PackReason>()
        .Text("reason", "Reason", r => r.Reason)
        .Number("packs", "Packs", r => r.Packs?.Packs ?? 0)
        .Bytes("bytes", "Bytes", r => r.Packs?.Bytes ?? 0)
        .Text("meaning", "Meaning", r => Meaning(r.Reason));

    public static readonly View<PackDecision> Decision = new View<PackDecision>()
        .Text("object", "Object", d => d.Object)
        .Text("reason", "Reason", d => d.Reason)
        .Bytes("bytes", "Bytes", d => d.Bytes)
        .Number("livePercent", "% in use", d => d.LivePercent);

    public static readonly View<PruneObstacle> Obstacle = new View<PruneObstacle>()
        .Text("kind", "Kind", o => o.Kind)
        .Text("detail", "Detail", o => o.Detail);

    /// <summary>What would be done.</summary>
    public static readonly View<PruneResult> Plan = Make("to delete", "to condemn");

    /// <summary>What was done.</summary>
    public static readonly View<PruneResult> Result = Make("deleted", "condemned");

    private static View<PruneResult> Make(string deleted, string condemned) => new View<PruneResult>()
        .Flag("dryRun", "Only a plan", r => r.DryRun, FieldPlace.Documents)
        .Number("pointCount", $"Restore points {deleted}", r => r.PointCount)
        .List("points", "Which", r => r.Points, shownMax: ShownMax)
        .Number("snapshots", $"Snapshots {deleted}", r => r.Snapshots)
        .Cell("total", "In the store before", Tally, r => r.Total, Text)
        .Cell("deleted", $"Packs {deleted}", Tally, r => r.Deleted, Text)
        .Cell("condemned", $"Packs {condemned}", Tally, r => r.Condemned, Text)
        .Cell("repacked", "of these repacked", Tally, r => r.Repacked, Text)
        .Cell("written", "written for that", Tally, r => r.Written, Text)
        .Cell("waiting", "Waiting for the grace", Tally, r => r.Waiting, Text)
        .Bytes("bytesComingBack", "Comes back later", r => r.BytesComingBack)
        .Time("nextDue", "First of it due", r => r.NextDue)
        .Cell("rescued", "Needed again", Tally, r => r.Rescued, Text)
        .Cell("locked", "Locked by the store", Tally, r => r.Locked, Text)
        .Number("retentionExtended", "Lock extended", r => r.RetentionExtended)
        .Number("segments", "Index segments", r => r.Segments)
        .Table("reasons", $"Why packs are {condemned}", Reason, r => r.Reasons)
        .Table("decisions", $"Packs {condemned}", Decision, r => r.Decisions, shownMax: ShownMax)
        .Table("obstacles", "Not everything could be done", Obstacle, r => r.Obstacles);

    private static string Text(PackTally tally) => $"{Human.Bytes(tally.Bytes)} in {Human.Count(tally.Packs)} packs";

    private static string Meaning(string reason) => reason switch
    {
        "Unreferenced" => "no restore point needs anything in it",
        "Orphaned" => "no index segment lists it: left by a crash",
        "Sparse" => "repacked: less of it is needed than the threshold",
        "Scattered" => "repacked: the newest snapshot of a source is in too many packs",
        _ => "",
    };
}
