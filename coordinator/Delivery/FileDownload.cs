using Grpc.Core;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Restoring;
using Microsoft.Extensions.Logging;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>The operator's call that downloads files.</summary>
public sealed class FileDownload
{
    private readonly PointCatalog _points;
    private readonly SnapshotSender _sender;
    private readonly ILogger<FileDownload> _log;

    public FileDownload(PointCatalog points, SnapshotSender sender, ILogger<FileDownload> log)
    {
        _points = points;
        _sender = sender;
        _log = log;
    }

    public async Task DownloadAsync(
        Wire.DownloadFilesRequest request, IServerStreamWriter<Wire.RestoreMessage> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        PathSelection selection = PathSelections.From(request.Paths);
        SnapshotManifest snapshot = await _points.SnapshotForAsync(request.PointId, request.Source, context.CancellationToken);
        DeliveryLog.Downloading(_log, CallerIdentity.Of(context).Name, snapshot.Id.ToString(), snapshot.Source.ToString());
        await _sender.SendAsync(snapshot, selection, partsOnce: false, responses, context.CancellationToken);
    }
}
