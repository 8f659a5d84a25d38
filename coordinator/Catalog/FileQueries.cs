using Grpc.Core;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>The operator's call that lists files of a snapshot. Memory: one tree block a level, however large the tree is.</summary>
public sealed class FileQueries
{
    private readonly PointCatalog _points;
    private readonly RepositoryAccess _access;

    public FileQueries(PointCatalog points, RepositoryAccess access)
    {
        _points = points;
        _access = access;
    }

    /// <summary>Children of a directory, or everything below it, in tree order. A path that is no directory lists itself.</summary>
    public async Task ListAsync(Wire.ListFilesRequest request, IServerStreamWriter<Wire.FileEntry> responses, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(context);
        CancellationToken cancellationToken = context.CancellationToken;
        SnapshotManifest snapshot = await _points.SnapshotForAsync(request.PointId, request.Source, cancellationToken);
        using RepositoryLease lease = _access.Enter();
        try
        {
            await foreach (TreeEntry entry in TreeListing.ListAsync(SnapshotTrees.Open(lease, snapshot), request.Path.ToByteArray(), request.Recursive, cancellationToken))
            {
                await responses.WriteAsync(new Wire.FileEntry { Entry = EntryMapping.ToWire(entry) }, cancellationToken);
            }
        }
        catch (Exception e) when (StoreFailures.IsStoreFault(e))
        {
            throw StoreFailures.ToBackupException(e);
        }
    }
}
