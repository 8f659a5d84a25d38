using Google.Protobuf.WellKnownTypes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

internal static class DrillViews
{
    public static readonly View<EtcdDrillResult> Etcd = new View<EtcdDrillResult>()
        .Number("revision", "Revision", e => e.Revision)
        .Number("hashKv", "HashKV", e => e.HashKv)
        .Number("keys", "Keys", e => e.Keys)
        .Number("keysRead", "Keys read and compared", e => e.KeysRead)
        .Bytes("databaseBytes", "Database", e => e.DatabaseBytes)
        .Text("serverVersion", "etcd", e => e.ServerVersion)
        .Text("binaryOrigin", "Program from", e => e.BinaryOrigin)
        .Text("notIsolatedBecause", "Not isolated because", e => e.NotIsolatedBecause)
        .Text("downloading", "Downloading", e => Time(e.Downloading))
        .Text("building", "Building", e => Time(e.Building))
        .Text("starting", "Starting", e => Time(e.Starting))
        .Text("proving", "Proving", e => Time(e.Proving))
        .Text("timeToRecover", "Time to recover", e => Time(e.TimeToRecover));

    public static readonly View<FilesDrillResult> Files = new View<FilesDrillResult>()
        .Number("files", "Files restored and compared", f => f.Files)
        .Bytes("bytes", "Bytes compared", f => f.Bytes)
        .Number("filesInSnapshot", "Of files", f => f.FilesInSnapshot)
        .Text("restoring", "Restoring", f => Time(f.Restoring))
        .Text("comparing", "Comparing", f => Time(f.Comparing));

    public static readonly View<Drill> Drill = new View<Drill>()
        .Text("id", "Id", d => d.Id)
        .Text("state", "State", d => d.State.ToString())
        .Text("source", "Source", d => Words.Of(d.Source))
        .Text("pointId", "Restore point", d => d.PointId)
        .Text("snapshotId", "Snapshot", d => d.SnapshotId, FieldPlace.Details)
        .Text("node", "On node", d => d.Node)
        .Time("startedAt", "Began", d => d.Interval?.StartedAt)
        .Time("finishedAt", "Ended", d => d.Interval?.FinishedAt, FieldPlace.Details)
        .Text("startedBy", "Started by", d => d.StartedBy, FieldPlace.Details)
        .Text("timeToRecover", "Time to recover", d => Time(d.Etcd?.TimeToRecover ?? d.Files?.Restoring))
        .Text("reason", "Reason", d => d.Reason.Length > 0 ? d.Reason : d.Failure?.Message ?? "")
        .Object("progress", "Progress", CommonViews.Progress, d => d.Progress)
        .Object("failure", "Not held because", CommonViews.Failure, d => d.Failure)
        .Object("etcd", "etcd", Etcd, d => d.Etcd)
        .Object("files", "Files", Files, d => d.Files);

    /// <summary>The last drill of a snapshot in a word or two.</summary>
    public static string Summary(Drill? drill) => drill switch
    {
        null => "",
        { State: DrillState.Failed } => "FAILED",
        _ => $"{drill.State} {drill.Interval?.StartedAt?.ToDateTime():yyyy-MM-dd}".TrimEnd(),
    };

    /// <summary>The worst of the last drills of a restore point's snapshots.</summary>
    public static string Summary(RestorePoint point)
    {
        Drill[] drills = [.. point.Snapshots.Select(s => s.Drill).OfType<Drill>()];
        return Summary(drills.FirstOrDefault(d => d.State == DrillState.Failed) ?? drills.FirstOrDefault());
    }

    private static string Time(Duration? time) => time is null ? "" : Human.Duration(time.ToTimeSpan());
}
