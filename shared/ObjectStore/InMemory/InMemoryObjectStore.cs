using System.Globalization;
using System.Runtime.CompilerServices;

namespace K8sBackup.ObjectStore.InMemory;

/// <summary>A store in memory, for tests and trials. Keeps a copy of all content.</summary>
public sealed class InMemoryObjectStore : IObjectStore
{
    // A listing takes names page by page, as a remote store does, so that no lock is held while the caller works.
    private const int ListPageNames = 1000;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Stored> _objects = new(StringComparer.Ordinal);
    private readonly TimeProvider _clock;
    private long _lastVersion;

    public InMemoryObjectStore(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectName.Check("put", name);
        Stored stored = NewStored(content);
        lock (_gate)
        {
            return Task.FromResult(_objects.TryAdd(name, stored) ? PutOutcome.Created : PutOutcome.AlreadyExists);
        }
    }

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Stored stored = Find("get", name) ?? throw NotFound("get", name);
        return Task.FromResult(Copy(stored, "get", name, maxBytes));
    }

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        Stored stored = Find("get-range", name) ?? throw NotFound("get-range", name);
        if (destination.Length > 0)
        {
            if (offset > stored.Content.Length - destination.Length)
            {
                throw new ObjectStoreException(
                    ObjectStoreError.Truncated,
                    "get-range",
                    name,
                    $"{destination.Length} bytes at {offset} asked of an object of {stored.Content.Length}");
            }

            stored.Content.AsSpan((int)offset, destination.Length).CopyTo(destination.Span);
        }

        return Task.CompletedTask;
    }

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Stored? stored = Find("head", name);
        return Task.FromResult(stored is null ? null : new ObjectInfo(name, stored.Content.Length, stored.ModifiedAt));
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectName.CheckPrefix("list", prefix);
        string after = "";
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<ObjectInfo> page = Page(prefix, after);
            foreach (ObjectInfo info in page)
            {
                yield return info;
            }

            if (page.Count < ListPageNames)
            {
                yield break;
            }

            after = page[^1].Name;
            await Task.Yield();
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectName.Check("delete", name);
        lock (_gate)
        {
            _objects.Remove(name);
        }

        return Task.CompletedTask;
    }

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Stored? stored = Find("get", name);
        return Task.FromResult(stored is null ? null : new VersionedObject(Copy(stored, "get", name, maxBytes), stored.Version));
    }

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectName.Check("swap", name);
        Stored stored = NewStored(content);
        lock (_gate)
        {
            ObjectVersion? current = _objects.TryGetValue(name, out Stored? old) ? old.Version : null;
            if (current != expected)
            {
                return Task.FromResult<ObjectVersion?>(null);
            }

            _objects[name] = stored;
            return Task.FromResult<ObjectVersion?>(stored.Version);
        }
    }

    private static byte[] Copy(Stored stored, string operation, string name, int maxBytes) =>
        stored.Content.Length <= maxBytes
            ? stored.Content.AsSpan().ToArray()
            : throw new ObjectStoreException(
                ObjectStoreError.TooLarge, operation, name, $"{stored.Content.Length} bytes, at most {maxBytes} accepted");

    private static ObjectStoreException NotFound(string operation, string name) =>
        new(ObjectStoreError.NotFound, operation, name, "no such object");

    private Stored? Find(string operation, string name)
    {
        ObjectName.Check(operation, name);
        lock (_gate)
        {
            return _objects.GetValueOrDefault(name);
        }
    }

    private Stored NewStored(ReadOnlyMemory<byte> content)
    {
        long version = Interlocked.Increment(ref _lastVersion);
        return new Stored(
            content.ToArray(), new ObjectVersion(version.ToString(CultureInfo.InvariantCulture)), _clock.GetUtcNow());
    }

    private List<ObjectInfo> Page(string prefix, string after)
    {
        lock (_gate)
        {
            return [.. _objects
                .SkipWhile(o => string.CompareOrdinal(o.Key, after) <= 0 && after.Length > 0)
                .Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Take(ListPageNames)
                .Select(o => new ObjectInfo(o.Key, o.Value.Content.Length, o.Value.ModifiedAt))];
        }
    }

    private sealed record Stored(byte[] Content, ObjectVersion Version, DateTimeOffset ModifiedAt);
}
