namespace K8sBackup.ObjectStore.ReadOnly;

/// <summary>A store that is read and nothing else; a write is refused before the store hears of it.</summary>
public sealed class ReadOnlyObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;

    /// <param name="inner">The store.</param>
    public ReadOnlyObjectStore(IObjectStore inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _inner = inner;
    }

    /// <inheritdoc/>
    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Task.FromException<PutOutcome>(Refused("put", name));

    /// <inheritdoc/>
    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) => _inner.GetAsync(name, maxBytes, cancellationToken);

    /// <inheritdoc/>
    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _inner.GetRangeAsync(name, offset, destination, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => _inner.HeadAsync(name, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => _inner.ListAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => Task.FromException(Refused("delete", name));

    /// <inheritdoc/>
    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _inner.GetVersionedAsync(name, maxBytes, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Task.FromException<ObjectVersion?>(Refused("swap", name));

    private static ObjectStoreException Refused(string operation, string name) =>
        new(ObjectStoreError.PermissionDenied, operation, name, "the store was opened for reading only");
}
