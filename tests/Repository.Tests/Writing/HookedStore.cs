using K8sBackup.ObjectStore;

namespace K8sBackup.Repository.Tests.Writing;

/// <summary>A store that calls back after each object it created.</summary>
internal sealed class HookedStore(IObjectStore inner, Action<string> created, Func<string, Task>? before = null) : IObjectStore
{
    public async Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (before is not null)
        {
            await before(name);
        }

        PutOutcome outcome = await inner.PutIfAbsentAsync(name, content, cancellationToken);
        created(name);
        return outcome;
    }

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) => inner.GetAsync(name, maxBytes, cancellationToken);

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        inner.GetRangeAsync(name, offset, destination, cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => inner.HeadAsync(name, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        inner.GetVersionedAsync(name, maxBytes, cancellationToken);

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        inner.CompareAndSwapAsync(name, expected, content, cancellationToken);
}
