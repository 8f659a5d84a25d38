using K8sBackup.ObjectStore;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Writing;

/// <summary>
/// The right to write, as a generation in the one object that changes. Taking it needs nobody's consent, so a crashed writer blocks
/// nobody; the one before finds out at its next check and stops. A write between its last check and the take-over adds an object with
/// a random name that nothing references yet, or a whole manifest: neither harms. Thread-safe.
/// </summary>
internal sealed class WriterLease
{
    /// <summary>A check older than this is repeated before anything is written.</summary>
    public static readonly TimeSpan CheckAgeMax = TimeSpan.FromSeconds(10);

    private const int AttemptsMax = 20;

    // One request that got lost must not end a writer; waiting between attempts belongs to a retrying store underneath.
    private const int ReadAttemptsMax = 3;

    private readonly IObjectStore _store;
    private readonly MasterKeys _keys;
    private readonly TimeProvider _clock;
    private readonly WriterState _own;
    private long _checkedAt;

    private WriterLease(IObjectStore store, MasterKeys keys, TimeProvider clock, WriterState own, long checkedAt)
    {
        _store = store;
        _keys = keys;
        _clock = clock;
        _own = own;
        _checkedAt = checkedAt;
    }

    public long Generation => _own.Generation;

    /// <exception cref="RepositoryCorruptException">The state object is damaged; removing it by hand makes the repository writable again.</exception>
    public static async Task<WriterLease> TakeAsync(
        IObjectStore store, MasterKeys keys, string holder, TimeProvider clock, CancellationToken cancellationToken)
    {
        ObjectId writer = ObjectId.Create();
        for (int attempt = 1; ; attempt++)
        {
            // What is known then holds from before the request on: another writer may take over while its answer is under way.
            long asked = clock.GetTimestamp();
            VersionedObject? current = await ReadAsync(store, cancellationToken);
            WriterState? before = current is null ? null : WriterStateCodec.Decode(current.Content, keys);
            if (before?.Writer == writer)
            {
                // An earlier attempt took effect although the store said it did not know.
                return new WriterLease(store, keys, clock, before, asked);
            }

            WriterState own = new((before?.Generation ?? 0) + 1, writer, clock.GetUtcNow(), holder);
            long swapping = clock.GetTimestamp();
            try
            {
                ObjectVersion? swapped = await store.CompareAndSwapAsync(
                    ObjectNames.State, current?.Version, WriterStateCodec.Encode(own, keys), cancellationToken);
                if (swapped is not null)
                {
                    return new WriterLease(store, keys, clock, own, swapping);
                }
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable && attempt < AttemptsMax)
            {
                continue;
            }

            if (attempt == AttemptsMax)
            {
                throw new ObjectStoreException(
                    ObjectStoreError.Unavailable, "swap", ObjectNames.State, $"other writers took over {AttemptsMax} times in a row");
            }
        }
    }

    /// <summary>Proves that no other writer took over, at most <paramref name="age"/> ago.</summary>
    /// <exception cref="WriterFencedException">Another one did.</exception>
    public async Task CheckAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        long begin = _clock.GetTimestamp();
        if (age > TimeSpan.Zero && _clock.GetElapsedTime(Interlocked.Read(ref _checkedAt), begin) < age)
        {
            return;
        }

        VersionedObject? current = await ReadAsync(_store, cancellationToken);
        WriterState? state = current is null ? null : WriterStateCodec.Decode(current.Content, _keys);
        if (state?.Writer != _own.Writer || state.Generation != _own.Generation)
        {
            throw new WriterFencedException(_own.Generation, state?.Generation);
        }

        Interlocked.Exchange(ref _checkedAt, begin);
    }

    private static async Task<VersionedObject?> ReadAsync(IObjectStore store, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await store.GetVersionedAsync(ObjectNames.State, RepositoryLimits.SmallObjectBytesMax, cancellationToken);
            }
            catch (ObjectStoreException e) when (e.Error == ObjectStoreError.Unavailable && attempt < ReadAttemptsMax)
            {
                // Asked again.
            }
        }
    }
}
