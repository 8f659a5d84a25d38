using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

/// <summary>Restores of a cluster's etcd: the plan before, and what became of it.</summary>
internal static class ClusterRestoreViews
{
    public static readonly View<ClusterRestoreNode> Node = new View<ClusterRestoreNode>()
        .Text("node", "Node", n => n.Node)
        .Text("part", "Part", n => n.Part)
        .Text("step", "Step", n => n.Step == RestoreStep.Unspecified ? "" : n.Step.ToString())
        .Flag("done", "Done", n => n.Done)
        .Text("member", "Member", n => n.Facts?.MemberName ?? "")
        .Text("etcdVersion", "etcd", n => n.Facts?.EtcdVersion ?? "")
        .Text("dataDir", "Data directory", n => n.Facts?.DataDir ?? "")
        .Bytes("freeBytes", "Free", n => n.Facts?.FreeBytes ?? 0)
        .Text("memberId", "Member id", n => n.Staged?.MemberId ?? "")
        .Number("revision", "Revision", n => n.State?.Revision ?? n.Staged?.RevisionAfter ?? 0)
        .Text("problem", "Problem", n => n.Failure?.Message ?? "")
        .List("notes", "Notes", n => n.Notes, FieldPlace.Documents);

    public static readonly View<ClusterRestore> Cluster = new View<ClusterRestore>()
        .Text("cluster", "Cluster", c => c.Cluster)
        .Text("phase", "Phase", c => c.Phase.ToString())
        .Flag("pastReturn", "Past return", c => c.PastReturn)
        .Number("snapshotRevision", "Revision in snapshot", c => c.SnapshotRevision)
        .Time("snapshotTakenAt", "Snapshot taken", c => c.SnapshotTakenAt)
        .List("transformations", "Changes", c => c.Transformations)
        .List("dataChanges", "In the data", c => c.Nodes.FirstOrDefault(node => node.Staged is not null)?.Staged.Transformations ?? [])
        .List("warnings", "Warnings", c => c.Warnings)
        .List("obstacles", "Obstacles", c => c.Obstacles)
        .List("notes", "Notes", c => c.Nodes.SelectMany(node => node.Notes.Select(note => $"{node.Node}: {note}")))
        .List("events", "Events", c => c.Events)
        .Table("nodes", "Nodes", Node, c => c.Nodes);

    public static readonly View<Restore> Plan = new View<Restore>()
        .Text("id", "Id", r => r.Id)
        .Text("source", "Source", r => Words.Of(r.Source))
        .Text("pointId", "Restore point", r => r.PointId)
        .Object("cluster", "Plan", Cluster, r => r.Cluster);
}
