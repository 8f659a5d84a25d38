using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>
/// Gives agents what the operator wants restored on their node. Everything that is sent follows from the work item:
/// the agent names the work, and nothing else of what it says counts.
/// </summary>
public sealed class DownloadService : Wire.Download.DownloadBase
{
    private readonly WorkBoard _board;
    private readonly SnapshotDirectory _snapshots;
    private readonly SnapshotSender _sender;
    private readonly ILogger<DownloadService> _log;

    public DownloadService(WorkBoard board, SnapshotDirectory snapshots, SnapshotSender sender, ILogger<DownloadService> log)
    {
        _board = board;
        _snapshots = snapshots;
        _sender = sender;
        _log = log;
    }

    public override async Task Fetch(Wire.FetchRequest request, IServerStreamWriter<Wire.RestoreMessage> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        PeerIdentity caller = CallerIdentity.Of(context);
        WorkItem item = WorkAccess.Require(_board, request.WorkId, caller);
        if (item.Restore is not { } restore)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "The work is no restore."));
        }

        if (item.Completion.IsCompleted)
        {
            throw new RpcException(new Status(StatusCode.NotFound, "The work is over."));
        }

        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, item.Cancellation);
        try
        {
            SnapshotManifest snapshot = await _snapshots.ReadAsync(restore.Snapshot, end.Token)
                ?? throw new BackupException(FailureCause.StoreCorrupt, $"The manifest of snapshot {restore.Snapshot} is missing in the store.");
            DeliveryLog.Sending(_log, restore.Restore.ToString(), item.Node, snapshot.Id.ToString(), snapshot.Source.ToString());
            await _sender.SendAsync(snapshot, new PathSelection(restore.Paths), partsOnce: true, responseStream, end.Token, restore.WithoutContent);
        }
        catch (OperationCanceledException e) when (item.Cancellation.IsCancellationRequested)
        {
            throw new BackupException(FailureCause.Cancelled, "The restore was cancelled.", e);
        }
    }
}
