using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Catalog;

/// <summary>Restore points that are remembered outside the store once they are committed.</summary>
public sealed class RememberedPoints : IRestorePointSink
{
    private readonly IRestorePointSink _sink;
    private readonly StoreMemory _memory;

    public RememberedPoints(IRestorePointSink sink, StoreMemory memory)
    {
        _sink = sink;
        _memory = memory;
    }

    public async Task CommitAsync(RestorePointManifest manifest, CancellationToken cancellationToken)
    {
        await _sink.CommitAsync(manifest, cancellationToken);
        _memory.Committed(manifest);
    }

    public Task KeepAsync(IReadOnlyCollection<SnapshotId> snapshots, RestorePointId? point, TimeSpan time, CancellationToken cancellationToken) =>
        _sink.KeepAsync(snapshots, point, time, cancellationToken);
}
