using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;

namespace K8sBackup.Simulation.Store;

/// <summary>
/// The model store as it is, at once and without faults: what invariants are judged by. Calls complete before they return, so that
/// production code reading through it runs to its end within one step of the world.
/// </summary>
internal sealed class DirectStore : IObjectStore
{
    private readonly ModelStore _model;

    public DirectStore(ModelStore model) => _model = model;

    /// <summary>What it may write: nothing, unless a test says so.</summary>
    public bool IsWritable { get; set; }

    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireWritable();
        return Task.FromResult(_model.Put(name, content.ToArray(), 0, "world"));
    }

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        Task.FromResult(Find("get", name).AsSpan().ToArray());

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        byte[] content = Find("get-range", name);
        if (offset + destination.Length > content.Length)
        {
            throw new ObjectStoreException(ObjectStoreError.Truncated, "get-range", name, $"has {content.Length} bytes");
        }

        content.AsSpan((int)offset, destination.Length).CopyTo(destination.Span);
        return Task.CompletedTask;
    }

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_model.Head(name));

#pragma warning disable CS1998 // Complete at once: that is its purpose.
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
#pragma warning restore CS1998
    {
        foreach (ObjectInfo info in _model.Page(prefix, "", int.MaxValue, exact: true))
        {
            yield return info;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        RequireWritable();
        _model.Delete(name, 0, "world");
        return Task.CompletedTask;
    }

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        Task.FromResult(_model.Find(name) is { } content
            ? new VersionedObject(content.AsSpan().ToArray(), new ObjectVersion(_model.VersionOf(name)!))
            : null);

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireWritable();
        string? version = _model.Swap(name, expected?.Tag, content.ToArray(), "world");
        return Task.FromResult<ObjectVersion?>(version is null ? null : new ObjectVersion(version));
    }

    private byte[] Find(string operation, string name) =>
        _model.Find(name) ?? throw new ObjectStoreException(ObjectStoreError.NotFound, operation, name, "no such object");

    private void RequireWritable()
    {
        if (!IsWritable)
        {
            throw new InvalidOperationException("Who judges does not write.");
        }
    }
}
