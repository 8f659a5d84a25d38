using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Output.Views;

/// <summary>Parts of several kinds.</summary>
internal static class CommonViews
{
    public static readonly View<Failure> Failure = new View<Failure>()
        .Text("node", "Node", f => f.Node)
        .Text("source", "Source", f => f.Source)
        .Text("cause", "Cause", f => f.Cause)
        .Text("message", "Message", f => f.Message);

    public static readonly View<ItemOutcome> Item = new View<ItemOutcome>()
        .Text("state", "State", i => i.State.ToString())
        .Text("path", "Path", i => i.Path)
        .Text("reason", "Reason", i => i.Reason);

    public static readonly View<Progress> Progress = new View<Progress>()
        .Text("phase", "Phase", p => p.Phase)
        .Bytes("bytesDone", "Bytes done", p => p.BytesDone)
        .Bytes("bytesTotal", "Bytes total", p => p.BytesTotal)
        .Number("filesDone", "Files done", p => p.FilesDone)
        .Number("filesTotal", "Files total", p => p.FilesTotal)
        .Bytes("bytesSent", "Bytes sent", p => p.BytesSent);

    public static readonly View<SnapshotCounts> Counts = new View<SnapshotCounts>()
        .Number("entries", "Entries", c => c.Entries)
        .Number("files", "Files", c => c.Files)
        .Bytes("fileBytes", "File bytes", c => c.FileBytes)
        .Bytes("sentBytes", "Sent", c => c.SentBytes)
        .Bytes("storedBytes", "Stored", c => c.StoredBytes)
        .Number("failed", "Failed", c => c.Failed)
        .Number("changed", "Changed while read", c => c.Changed);
}
