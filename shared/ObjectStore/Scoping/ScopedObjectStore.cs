using System.Runtime.CompilerServices;

namespace K8sBackup.ObjectStore.Scoping;

/// <summary>The part of a store below a folder, as a store of its own.</summary>
public sealed class ScopedObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly string _folder;

    /// <param name="inner">The store.</param>
    /// <param name="folder">A valid name; what is in the scope is below it.</param>
    public ScopedObjectStore(IObjectStore inner, string folder)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ObjectName.Check("scope", folder);
        _inner = inner;
        _folder = folder + "/";
    }

    /// <inheritdoc/>
    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        _inner.PutIfAbsentAsync(Outer("put", name), content, cancellationToken);

    /// <inheritdoc/>
    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _inner.GetAsync(Outer("get", name), maxBytes, cancellationToken);

    /// <inheritdoc/>
    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _inner.GetRangeAsync(Outer("get-range", name), offset, destination, cancellationToken);

    /// <inheritdoc/>
    public async Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        await _inner.HeadAsync(Outer("head", name), cancellationToken) is { } info ? info with { Name = name } : null;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix("list", prefix);
        await foreach (ObjectInfo info in _inner.ListAsync(_folder + prefix, cancellationToken))
        {
            yield return info with { Name = info.Name[_folder.Length..] };
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => _inner.DeleteAsync(Outer("delete", name), cancellationToken);

    /// <inheritdoc/>
    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        _inner.GetVersionedAsync(Outer("get", name), maxBytes, cancellationToken);

    /// <inheritdoc/>
    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        _inner.CompareAndSwapAsync(Outer("swap", name), expected, content, cancellationToken);

    // Checked here too: with the folder in front, a bad name can look good.
    private string Outer(string operation, string name)
    {
        ObjectName.Check(operation, name);
        return _folder + name;
    }
}
