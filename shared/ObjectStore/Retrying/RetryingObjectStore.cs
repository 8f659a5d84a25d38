using System.Runtime.CompilerServices;

namespace K8sBackup.ObjectStore.Retrying;

/// <summary>
/// Tries again what a store did not answer. A create that finds the name taken after an attempt of unknown outcome says so:
/// whether that object is its own is for the caller to compare. A swap of unknown outcome is settled here, by reading.
/// </summary>
public sealed class RetryingObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly RetryPolicy _policy;

    /// <param name="inner">The store.</param>
    /// <param name="policy">When to try again.</param>
    public RetryingObjectStore(IObjectStore inner, RetryPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(policy);
        _inner = inner;
        _policy = policy;
    }

    /// <inheritdoc/>
    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        _policy.RunAsync("put", token => _inner.PutIfAbsentAsync(name, content, token), cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _policy.RunAsync("get", token => _inner.GetAsync(name, maxBytes, token), cancellationToken);

    /// <inheritdoc/>
    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _policy.RunAsync(
            "get-range",
            async token =>
            {
                await _inner.GetRangeAsync(name, offset, destination, token);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        _policy.RunAsync("head", token => _inner.HeadAsync(name, token), cancellationToken);

    /// <summary>A listing that breaks off begins again and leaves out what it gave already: names come in order.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using ResumedListing listing = new(_inner, prefix);
        while (await _policy.RunAsync("list", listing.NextAsync, cancellationToken) is { } info)
        {
            yield return info;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        _policy.RunAsync(
            "delete",
            async token =>
            {
                await _inner.DeleteAsync(name, token);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _policy.RunAsync("get", token => _inner.GetVersionedAsync(name, maxBytes, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        bool isUncertain = false;
        return _policy.RunAsync(
            "swap",
            async token =>
            {
                if (isUncertain && await FindOwnAsync(name, content, token) is { } own)
                {
                    return own;
                }

                try
                {
                    // Another version may be its own: of an attempt that came late, or that something on the way made twice.
                    return await _inner.CompareAndSwapAsync(name, expected, content, token) ?? await FindOwnAsync(name, content, token);
                }
                catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable)
                {
                    isUncertain = true;
                    throw;
                }
            },
            cancellationToken);
    }

    private async Task<ObjectVersion?> FindOwnAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        try
        {
            VersionedObject? found = await _inner.GetVersionedAsync(name, content.Length, cancellationToken);
            return found is not null && found.Content.AsSpan().SequenceEqual(content.Span) ? found.Version : null;
        }
        catch (ObjectStoreException e) when (e.Error == ObjectStoreError.TooLarge)
        {
            return null;
        }
    }
}
