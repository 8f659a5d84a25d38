namespace K8sBackup.ObjectStore.Throttling;

/// <summary>
/// Throttles a store whose bytes do not go over HTTP. A write waits for its bytes before it begins; a read, whose length is
/// known only then, waits after it. A caller's bytes pass whole, the rate holds between calls.
/// </summary>
public sealed class ThrottlingObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly StoreThrottle _throttle;

    /// <param name="inner">The store.</param>
    /// <param name="throttle">The rates.</param>
    public ThrottlingObjectStore(IObjectStore inner, StoreThrottle throttle)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(throttle);
        _inner = inner;
        _throttle = throttle;
    }

    /// <inheritdoc/>
    public async Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await SendAsync(content.Length, cancellationToken);
        return await _inner.PutIfAbsentAsync(name, content, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        byte[] content = await _inner.GetAsync(name, maxBytes, cancellationToken);
        await ReceiveAsync(content.Length, cancellationToken);
        return content;
    }

    /// <inheritdoc/>
    public async Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await ReceiveAsync(destination.Length, cancellationToken);
        await _inner.GetRangeAsync(name, offset, destination, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => _inner.HeadAsync(name, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => _inner.ListAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _inner.DeleteAsync(name, cancellationToken);

    /// <inheritdoc/>
    public async Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        VersionedObject? found = await _inner.GetVersionedAsync(name, maxBytes, cancellationToken);
        await ReceiveAsync(found?.Content.Length ?? 0, cancellationToken);
        return found;
    }

    /// <inheritdoc/>
    public async Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await SendAsync(content.Length, cancellationToken);
        return await _inner.CompareAndSwapAsync(name, expected, content, cancellationToken);
    }

    private ValueTask SendAsync(int bytes, CancellationToken cancellationToken) => _throttle.Upload?.WaitAsync(bytes, cancellationToken) ?? default;

    private ValueTask ReceiveAsync(int bytes, CancellationToken cancellationToken) => _throttle.Download?.WaitAsync(bytes, cancellationToken) ?? default;
}
