using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Checking;

/// <summary>
/// The store as a check sees it: an object that cannot be read while the store answers otherwise is damage of that object, which is found
/// and passed over, and not the end of the check. It only reads.
/// </summary>
internal sealed class DiagnosingStore(IObjectStore inner) : IObjectStore
{
    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        ReadAsync(name, () => inner.GetAsync(name, maxBytes, cancellationToken), cancellationToken);

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        ReadAsync(
            name,
            async () =>
            {
                await inner.GetRangeAsync(name, offset, destination, cancellationToken);
                return true;
            },
            cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        ReadAsync(name, () => inner.HeadAsync(name, cancellationToken), cancellationToken);

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        ReadAsync(name, () => inner.GetVersionedAsync(name, maxBytes, cancellationToken), cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw new NotSupportedException();

    private async Task<T> ReadAsync<T>(string name, Func<Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read();
        }
        catch (ObjectStoreException e) when (SmallObjects.ToDamage(e.Error) is null)
        {
            if (await UnreadableObjects.DiagnoseAsync(inner, e, name, cancellationToken) is { } damage)
            {
                throw damage;
            }

            throw;
        }
    }
}
