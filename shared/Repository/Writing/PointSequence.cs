using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// Gives restore points their place in the order of commits. Reads all that are there once, when first asked; afterwards its writer is the only one
/// that adds any. Thread-safe.
/// </summary>
internal sealed class PointSequence : IDisposable
{
    private readonly SnapshotCatalog _catalog;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long? _last;

    public PointSequence(SnapshotCatalog catalog) => _catalog = catalog;

    /// <exception cref="ObjectStore.ObjectStoreException">The store cannot be read.</exception>
    public async Task<long> NextAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            _last = (_last ?? await HighestAsync(cancellationToken)) + 1;
            return _last.Value;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<long> HighestAsync(CancellationToken cancellationToken)
    {
        long highest = 0;
        await foreach (RestorePointEntry entry in _catalog.RestorePointsAsync(cancellationToken))
        {
            highest = Math.Max(highest, entry.Manifest?.Sequence ?? 0);
        }

        return highest;
    }
}
