using K8sBackup.ObjectStore;

namespace K8sBackup.Simulation.Sabotages;

/// <summary>Passes everything on; what takes a safeguard away overrides the call concerned.</summary>
internal abstract class PassingStore(IObjectStore inner) : IObjectStore
{
    public virtual Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.PutIfAbsentAsync(name, content, cancellationToken);

    public virtual Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        inner.GetAsync(name, maxBytes, cancellationToken);

    public virtual Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.GetRangeAsync(name, offset, destination, cancellationToken);

    public virtual Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => inner.HeadAsync(name, cancellationToken);

    public virtual IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) =>
        inner.ListAsync(prefix, cancellationToken);

    public virtual Task DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public virtual Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        inner.GetVersionedAsync(name, maxBytes, cancellationToken);

    public virtual Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.CompareAndSwapAsync(name, expected, content, cancellationToken);
}
