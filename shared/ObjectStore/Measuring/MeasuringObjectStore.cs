using System.Runtime.CompilerServices;

namespace K8sBackup.ObjectStore.Measuring;

/// <summary>Counts calls, bytes and time of a store.</summary>
public sealed class MeasuringObjectStore : IObjectStore
{
    internal const string Ok = "ok";

    private readonly IObjectStore _inner;
    private readonly StoreMeter _meter;
    private readonly TimeProvider _clock;

    /// <param name="inner">The store.</param>
    /// <param name="meter">Where it is counted.</param>
    /// <param name="clock">Measures.</param>
    public MeasuringObjectStore(IObjectStore inner, StoreMeter meter, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(meter);
        ArgumentNullException.ThrowIfNull(clock);
        _inner = inner;
        _meter = meter;
        _clock = clock;
    }

    /// <inheritdoc/>
    public Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => MeasureAsync(
        "put", () => _inner.PutIfAbsentAsync(name, content, cancellationToken), o => o == PutOutcome.Created ? content.Length : 0, _ => 0);

    /// <inheritdoc/>
    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) => MeasureAsync(
        "get", () => _inner.GetAsync(name, maxBytes, cancellationToken), _ => 0, content => content.Length);

    /// <inheritdoc/>
    public Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken) => MeasureAsync(
        "get-range",
        async () =>
        {
            await _inner.GetRangeAsync(name, offset, destination, cancellationToken);
            return true;
        },
        _ => 0,
        _ => destination.Length);

    /// <inheritdoc/>
    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) => MeasureAsync(
        "head", () => _inner.HeadAsync(name, cancellationToken), _ => 0, _ => 0);

    /// <summary>One call is counted for a listing as far as it was read, with the time spent waiting for it.</summary>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan waited = TimeSpan.Zero;
        string outcome = Ok;
        await using IAsyncEnumerator<ObjectInfo> objects = _inner.ListAsync(prefix, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                long start = _clock.GetTimestamp();
                // Pessimistic for the time of the call: an exception passes by without being caught.
                outcome = "failed";
                bool isThere = await objects.MoveNextAsync();
                outcome = Ok;
                waited += _clock.GetElapsedTime(start);
                if (!isThere)
                {
                    yield break;
                }

                yield return objects.Current;
            }
        }
        finally
        {
            _meter.Count("list", outcome, 0, 0, waited);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => MeasureAsync(
        "delete",
        async () =>
        {
            await _inner.DeleteAsync(name, cancellationToken);
            return true;
        },
        _ => 0,
        _ => 0);

    /// <inheritdoc/>
    public Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken) => MeasureAsync(
        "get", () => _inner.GetVersionedAsync(name, maxBytes, cancellationToken), _ => 0, found => found?.Content.Length ?? 0);

    /// <inheritdoc/>
    public Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => MeasureAsync(
        "swap",
        () => _inner.CompareAndSwapAsync(name, expected, content, cancellationToken),
        version => version is null ? 0 : content.Length,
        _ => 0);

    private async Task<T> MeasureAsync<T>(string operation, Func<Task<T>> call, Func<T, long> sent, Func<T, long> received)
    {
        long start = _clock.GetTimestamp();
        try
        {
            T result = await call();
            _meter.Count(operation, Ok, sent(result), received(result), _clock.GetElapsedTime(start));
            return result;
        }
        catch (Exception e)
        {
            string outcome = e is ObjectStoreException store ? store.Error.ToString() : e.GetType().Name;
            _meter.Count(operation, outcome, 0, 0, _clock.GetElapsedTime(start));
            throw;
        }
    }
}
