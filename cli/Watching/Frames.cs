using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Watching;

/// <summary>Makes frames of what the coordinator sends.</summary>
internal static class Frames
{
    private static readonly Transport.V1.Progress Nothing = new();

    public static WatchFrame Of(Run run) => new($"run {run.Id} of plan {run.Plan}", run.State.ToString(), [.. run.Sources.Select(Of)]);

    public static WatchFrame Of(Restore restore)
    {
        if (restore.Cluster is { } cluster)
        {
            return new WatchFrame($"restore {restore.Id} of cluster {cluster.Cluster}", $"{restore.State} ({cluster.Phase})", [.. cluster.Nodes.Select(Of)]);
        }

        bool active = restore.State == RestoreState.Running;
        string problem = restore.Failure?.Message ?? "";
        WatchRow row = new(Words.Of(restore.Source), restore.State.ToString(), active, restore.Progress ?? Nothing, problem);
        return new WatchFrame($"restore {restore.Id} on {restore.Node}", restore.State.ToString(), [row]);
    }

    public static WatchFrame Of(Drill drill)
    {
        string problem = drill.Reason.Length > 0 ? drill.Reason : drill.Failure?.Message ?? "";
        WatchRow row = new(Words.Of(drill.Source), drill.State.ToString(), drill.State == DrillState.Running, drill.Progress ?? Nothing, problem);
        return new WatchFrame($"drill {drill.Id}", drill.State.ToString(), [row]);
    }

    public static WatchFrame OfCheck(Transport.V1.Progress progress) =>
        new("check", "Running", [new WatchRow("repository", "Running", true, progress, "")]);

    public static WatchFrame OfPrune(Transport.V1.Progress progress) =>
        new("prune", "Running", [new WatchRow("repository", progress.Phase, true, progress, "") { Unit = "objects" }]);

    private static WatchRow Of(ClusterRestoreNode node) => new(
        $"{node.Node} ({node.Part})", node.Done ? $"{node.Step}: done" : node.Step.ToString(), !node.Done, node.Progress ?? Nothing, node.Failure?.Message ?? "");

    private static WatchRow Of(RunSource source)
    {
        Transport.V1.Progress progress = source.Counts is { } counts
            ? new Transport.V1.Progress { BytesDone = counts.FileBytes, BytesTotal = counts.FileBytes, FilesDone = counts.Files, FilesTotal = counts.Files }
            : source.Progress ?? Nothing;
        return new WatchRow(Words.Of(source.Source), source.State.ToString(), source.State == SourceState.Running, progress, source.Failure?.Message ?? "");
    }
}
