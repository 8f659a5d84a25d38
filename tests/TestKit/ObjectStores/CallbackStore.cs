using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>A store that lets the test do something before every call, for example throw.</summary>
public sealed class CallbackStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly Func<Task> _before;

    public CallbackStore(IObjectStore inner, Func<Task> before)
    {
        _inner = inner;
        _before = before;
    }

    public async Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await _before();
        return await _inner.PutIfAbsentAsync(name, content, cancellationToken);
    }

    public async Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        await _before();
        return await _inner.GetAsync(name, maxBytes, cancellationToken);
    }

    public async Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        await _before();
        await _inner.GetRangeAsync(name, offset, destination, cancellationToken);
    }

    public async Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken)
    {
        await _before();
        return await _inner.HeadAsync(name, cancellationToken);
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await _before();
        await foreach (ObjectInfo info in _inner.ListAsync(prefix, cancellationToken))
        {
            yield return info;
        }
    }

    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await _before();
        await _inner.DeleteAsync(name, cancellationToken);
    }

    public async Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        await _before();
        return await _inner.GetVersionedAsync(name, maxBytes, cancellationToken);
    }

    public async Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await _before();
        return await _inner.CompareAndSwapAsync(name, expected, content, cancellationToken);
    }
}
