using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace K8sBackup.ObjectStore.Local;

/// <summary>
/// A store in a directory: one file per object, readable by its owner only. An object is written to a temporary file, synced,
/// and given its name by link(2), which fails when the name exists; then the directory is synced. What a crash leaves behind is
/// a temporary file, which no listing shows and a later <see cref="Open"/> removes.
/// </summary>
public sealed class LocalObjectStore : IObjectStore
{
    private readonly string _root;
    private readonly LocalFiles _files;
    private readonly LocalSwapLock _swapLock;
    private readonly TimeProvider _clock;

    private LocalObjectStore(string root, TimeProvider clock)
    {
        _root = root;
        _clock = clock;
        _files = new LocalFiles(root);
        _swapLock = new LocalSwapLock(root, clock);
    }

    /// <summary>Opens the store in a directory, making the directory when it is missing.</summary>
    /// <exception cref="ObjectStoreException">The directory cannot be made or read.</exception>
    public static LocalObjectStore Open(string directory, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        LocalObjectStore store = new(Path.GetFullPath(directory), clock ?? TimeProvider.System);
        try
        {
            store._files.Prepare();
            store._files.RemoveLeftovers(store._clock.GetUtcNow());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalErrors.From(e, "open", directory);
        }

        return store;
    }

    /// <summary>The store in a directory that is there and perhaps cannot be written, such as a disk mounted for a rescue.</summary>
    public static LocalObjectStore OpenForReading(string directory, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return new LocalObjectStore(Path.GetFullPath(directory), clock ?? TimeProvider.System);
    }

    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        Run("put", name, () => _files.Create(name, content.Span), cancellationToken);

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        Run("get", name, () => _files.Read(name, maxBytes), cancellationToken);

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return Run(
            "get-range",
            name,
            () =>
            {
                _files.ReadRange(name, offset, destination.Span);
                return true;
            },
            cancellationToken);
    }

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        Run("head", name, () => _files.Examine(name), cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix("list", prefix);
        using IEnumerator<ObjectInfo> objects = new LocalListing(_root).Enumerate(prefix).GetEnumerator();
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectInfo? next = await Task.Run(() => Next(objects, prefix), cancellationToken);
            if (next is null)
            {
                yield break;
            }

            yield return next;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        Run(
            "delete",
            name,
            () =>
            {
                _files.Delete(name);
                return true;
            },
            cancellationToken);

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        Run("get", name, () => ReadVersioned(name, maxBytes), cancellationToken);

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        GuardAsync("swap", name, () => _swapLock.RunAsync(name, () => Swap(name, expected, content), cancellationToken), cancellationToken);

    private static ObjectInfo? Next(IEnumerator<ObjectInfo> objects, string prefix)
    {
        try
        {
            return objects.MoveNext() ? objects.Current : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalErrors.From(e, "list", prefix);
        }
    }

    private static Task<T> Run<T>(string operation, string name, Func<T> work, CancellationToken cancellationToken) =>
        GuardAsync(operation, name, () => Task.Run(work, cancellationToken), cancellationToken);

    private static async Task<T> GuardAsync<T>(string operation, string name, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        ObjectName.Check(operation, name);
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw LocalErrors.From(e, operation, name);
        }
    }

    private static ObjectVersion VersionOf(ReadOnlySpan<byte> content) => new(Convert.ToHexStringLower(SHA256.HashData(content)));

    private VersionedObject? ReadVersioned(string name, int maxBytes)
    {
        try
        {
            byte[] content = _files.Read(name, maxBytes);
            return new VersionedObject(content, VersionOf(content));
        }
        catch (Exception e) when (LocalErrors.From(e, "get", name).Error == ObjectStoreError.NotFound)
        {
            return null;
        }
    }

    private ObjectVersion? Swap(string name, ObjectVersion? expected, ReadOnlyMemory<byte> content)
    {
        if (ReadVersioned(name, int.MaxValue)?.Version != expected)
        {
            return null;
        }

        _files.Replace(name, content.Span);
        return VersionOf(content.Span);
    }
}
