using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;

namespace K8sBackup.TestKit.ObjectStores;

/// <summary>A store that misbehaves as its rules say; the first rule that applies to an operation decides.</summary>
public sealed class FaultyObjectStore : IObjectStore
{
    private readonly IObjectStore _inner;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly List<(FaultRule Rule, long[] Seen)> _rules;

    public FaultyObjectStore(IObjectStore inner, TimeProvider clock, params IEnumerable<FaultRule> rules)
    {
        _inner = inner;
        _clock = clock;
        _rules = [.. rules.Select(r => (r, new long[1]))];
    }

    /// <summary>Operations that changed or tried to change the store so far.</summary>
    public long Writes { get; private set; }

    /// <summary>Told of every call. Not to be changed while the store is in use.</summary>
    public Action<StoreOperations, string>? Called { get; set; }

    /// <summary>Objects that listings do not show yet. Not to be changed while the store is in use.</summary>
    public ISet<string> Unlisted { get; } = new HashSet<string>(StringComparer.Ordinal);

    public void Add(FaultRule rule)
    {
        lock (_gate)
        {
            _rules.Add((rule, new long[1]));
        }
    }

    public void ClearRules()
    {
        lock (_gate)
        {
            _rules.Clear();
        }
    }

    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync(StoreOperations.Put, name, rule => _inner.PutIfAbsentAsync(name, Spoil(rule, content), cancellationToken), cancellationToken);

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        RunAsync(
            StoreOperations.Get,
            name,
            async rule => Spoil(rule, await _inner.GetAsync(name, maxBytes, cancellationToken)).ToArray(),
            cancellationToken);

    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        RunAsync(StoreOperations.GetRange, name, rule => ReadRangeAsync(rule, name, offset, destination, cancellationToken), cancellationToken);

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(StoreOperations.Head, name, _ => _inner.HeadAsync(name, cancellationToken), cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await RunAsync(StoreOperations.List, prefix, _ => Task.FromResult(true), cancellationToken);
        await foreach (ObjectInfo info in _inner.ListAsync(prefix, cancellationToken))
        {
            if (!Unlisted.Contains(info.Name))
            {
                yield return info;
            }
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        RunAsync(
            StoreOperations.Delete,
            name,
            async _ =>
            {
                await _inner.DeleteAsync(name, cancellationToken);
                return true;
            },
            cancellationToken);

    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        RunAsync(
            StoreOperations.GetVersioned,
            name,
            async rule => await _inner.GetVersionedAsync(name, maxBytes, cancellationToken) is { } found
                ? found with { Content = Spoil(rule, found.Content).ToArray() }
                : null,
            cancellationToken);

    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        RunAsync(
            StoreOperations.Swap,
            name,
            rule => _inner.CompareAndSwapAsync(name, expected, Spoil(rule, content), cancellationToken),
            cancellationToken);

    private static ReadOnlyMemory<byte> Spoil(FaultRule? rule, ReadOnlyMemory<byte> content)
    {
        if (rule?.Kind is not (FaultKind.Damage or FaultKind.Truncate))
        {
            return content;
        }

        int at = (int)(rule.Offset < 0 ? content.Length + rule.Offset : rule.Offset);
        if (rule.Kind == FaultKind.Truncate)
        {
            return content[..Math.Clamp(at, 0, content.Length)];
        }

        byte[] copy = content.ToArray();
        if (at >= 0 && at < copy.Length)
        {
            copy[at] ^= 0x10;
        }

        return copy;
    }

    private async Task<bool> ReadRangeAsync(
        FaultRule? rule, string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (rule?.Kind == FaultKind.Truncate)
        {
            throw new ObjectStoreException(ObjectStoreError.Truncated, "get-range", name, "injected");
        }

        await _inner.GetRangeAsync(name, offset, destination, cancellationToken);
        Spoil(rule, destination).CopyTo(destination);
        return true;
    }

    private async Task<T> RunAsync<T>(
        StoreOperations operation, string name, Func<FaultRule?, Task<T>> apply, CancellationToken cancellationToken)
    {
        Called?.Invoke(operation, name);
        FaultRule? rule = Match(operation, name);
        switch (rule?.Kind)
        {
            case FaultKind.ErrorInstead:
                throw Injected(rule, operation, name);
            case FaultKind.ErrorAfterApply:
                await apply(rule);
                throw Injected(rule, operation, name);
            case FaultKind.Delay:
                await Task.Delay(rule.Delay, _clock, cancellationToken);
                break;
            default:
                break;
        }

        return await apply(rule);
    }

    private static ObjectStoreException Injected(FaultRule rule, StoreOperations operation, string name) =>
        new(rule.Error, operation.ToString(), name, "injected");

    private FaultRule? Match(StoreOperations operation, string name)
    {
        lock (_gate)
        {
            Writes += (operation & StoreOperations.Writes) != 0 ? 1 : 0;
            FaultRule? applied = null;
            foreach ((FaultRule rule, long[] seen) in _rules)
            {
                if ((rule.Operations & operation) == 0 || !name.StartsWith(rule.NamePrefix, StringComparison.Ordinal))
                {
                    continue;
                }

                long number = seen[0]++;
                bool applies = number >= rule.Skip && number - rule.Skip < rule.Count;
                applied ??= applies ? rule : null;
            }

            return applied;
        }
    }
}
