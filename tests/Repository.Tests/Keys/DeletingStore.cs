using K8sBackup.ObjectStore;

namespace K8sBackup.Repository.Tests.Keys;

/// <summary>A store in which somebody else deletes another object with the first deletion.</summary>
internal sealed class DeletingStore(IObjectStore inner, string also) : IObjectStore
{
    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.PutIfAbsentAsync(name, content, cancellationToken);

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) => inner.GetAsync(name, maxBytes, cancellationToken);

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.GetRangeAsync(name, offset, destination, cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => inner.HeadAsync(name, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await inner.DeleteAsync(also, cancellationToken);
        await inner.DeleteAsync(name, cancellationToken);
    }

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        inner.GetVersionedAsync(name, maxBytes, cancellationToken);

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.CompareAndSwapAsync(name, expected, content, cancellationToken);
}
