using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class RestoreViews
{
    public static readonly View<EtcdRestoreReport> Etcd = new View<EtcdRestoreReport>()
        .Text("dataDir", "Data directory", e => e.DataDir)
        .Text("formerData", "Former data kept in", e => e.FormerData)
        .Text("clusterId", "Cluster id", e => e.ClusterId)
        .Text("memberId", "Member id", e => e.MemberId)
        .Number("snapshotRevision", "Revision in snapshot", e => e.SnapshotRevision)
        .Number("restoredRevision", "Revision restored", e => e.RestoredRevision)
        .Number("keys", "Keys", e => e.Keys);

    public static readonly View<PlannedChange> Change = new View<PlannedChange>()
        .Text("action", "Would", c => c.Action.ToString())
        .Text("path", "Path", c => c.Path)
        .Text("detail", "Detail", c => c.Detail);

    public static readonly View<RestorePreview> Preview = new View<RestorePreview>()
        .Number("create", "Create", p => p.Create)
        .Bytes("createBytes", "Bytes to create", p => p.CreateBytes)
        .Number("replace", "Replace", p => p.Replace)
        .Bytes("replaceBytes", "Bytes to replace", p => p.ReplaceBytes)
        .Number("alike", "Of these, same size and time", p => p.Alike)
        .Number("keep", "Keep", p => p.Keep)
        .Number("delete", "Delete", p => p.Delete)
        .Number("fail", "Not possible", p => p.Fail)
        .Table("changes", "The first changes", Change, p => p.Changes);

    public static readonly View<RestoreReport> Report = new View<RestoreReport>()
        .Number("entriesRestored", "Restored", r => r.EntriesRestored)
        .Number("entriesSkipped", "Skipped", r => r.EntriesSkipped)
        .Bytes("bytesRestored", "Bytes", r => r.BytesRestored)
        .Number("deleted", "Deleted", r => r.EntriesDeleted)
        .Number("failed", "Failed", r => r.Failed)
        .List("notes", "Notes", r => r.Notes)
        .Table("items", "Not restored as captured", CommonViews.Item, r => r.Items)
        .Object("preview", "Dry run", Preview, r => r.Preview)
        .Object("etcd", "etcd", Etcd, r => r.Etcd);

    public static readonly View<Restore> Restore = new View<Restore>()
        .Text("id", "Id", r => r.Id)
        .Text("state", "State", r => r.State.ToString())
        .Text("source", "Source", r => Words.Of(r.Source))
        .Text("node", "On node", r => r.Cluster is null ? r.Node : string.Join(",", r.Cluster.Nodes.Select(n => n.Node)))
        .Text("into", "Into", r => Words.Of(r.Into))
        .Text("pointId", "Restore point", r => r.PointId)
        .Text("snapshotId", "Snapshot", r => r.SnapshotId, FieldPlace.Details)
        .Time("startedAt", "Started", r => r.Interval?.StartedAt)
        .Time("finishedAt", "Finished", r => r.Interval?.FinishedAt)
        .Text("startedBy", "Started by", r => r.StartedBy, FieldPlace.Details)
        .Object("progress", "Progress", CommonViews.Progress, r => r.Report is null && r.Failure is null && r.Cluster is null ? r.Progress : null)
        .Object("failure", "Failure", CommonViews.Failure, r => r.Failure)
        .Object("volume", "Volume restored into", PodVolumeViews.Volume, r => r.Into)
        .Object("report", "Report", Report, r => r.Report)
        .Object("cluster", "Cluster", ClusterRestoreViews.Cluster, r => r.Cluster);
}
