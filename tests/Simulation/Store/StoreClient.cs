using System.Runtime.CompilerServices;
using K8sBackup.ObjectStore;
using K8sBackup.Simulation.Scheduling;

namespace K8sBackup.Simulation.Store;

/// <summary>
/// The store as one simulated process sees it. A call is a request that arrives, takes effect and is answered, each at a time of its
/// own; at each of the three the process may be killed, and what is on its way by then may still arrive.
/// </summary>
internal sealed class StoreClient : IObjectStore
{
    private static readonly TimeSpan SlowMax = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan LateMax = TimeSpan.FromMinutes(10);

    private readonly ModelStore _model;
    private readonly SimulationScheduler _scheduler;
    private readonly ProcessGate _gate;
    private readonly Random _random;
    private readonly Trace _trace;
    private int _packsInFlight;

    public StoreClient(ModelStore model, SimulationScheduler scheduler, ProcessGate gate, int seed, Trace trace)
    {
        _model = model;
        _scheduler = scheduler;
        _gate = gate;
        _random = new Random(seed);
        _trace = trace;
    }

    public StoreBehaviour Behaviour { get; set; } = StoreBehaviour.Sound;

    /// <summary>Called with the number of each call at its three moments (0 sent, 1 done, 2 answered).</summary>
    public Action<int, int>? Moment { get; set; }

    /// <summary>Calls so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Most packs that were being written together.</summary>
    public int PacksInFlightMax { get; private set; }

    public async Task<PutOutcome> PutIfAbsentAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ObjectName.Check("put", name);
        byte[] copy = content.ToArray();
        int packs = name.StartsWith("packs/", StringComparison.Ordinal) ? 1 : 0;
        _packsInFlight += packs;
        PacksInFlightMax = Math.Max(PacksInFlightMax, _packsInFlight);
        try
        {
            return await CallAsync("put", name, isRead: false, () => _model.Put(name, copy, ListingTime(), _gate.Name), cancellationToken);
        }
        finally
        {
            _packsInFlight -= packs;
        }
    }

    public Task<byte[]> GetAsync(string name, int maxBytes, CancellationToken cancellationToken) =>
        ReadAsync("get", name, content => content.Length <= maxBytes
            ? content
            : throw new ObjectStoreException(ObjectStoreError.TooLarge, "get", name, $"has {content.Length} bytes"), cancellationToken);

    public async Task GetRangeAsync(string name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        byte[] range = await ReadAsync("range", name, content => Range(content, name, offset, destination.Length), cancellationToken);
        if (range.Length != destination.Length)
        {
            throw new ObjectStoreException(ObjectStoreError.Truncated, "range", name, $"ended after {range.Length} of {destination.Length} bytes");
        }

        range.CopyTo(destination);
    }

    public Task<ObjectInfo?> HeadAsync(string name, CancellationToken cancellationToken) =>
        CallAsync("head", name, isRead: true, () => _model.Head(name), cancellationToken);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int count = Behaviour.PageObjects;
        for (string after = ""; ;)
        {
            List<ObjectInfo> page = await CallAsync("list", prefix, isRead: true, () => _model.Page(prefix, after, count, exact: false), cancellationToken);
            foreach (ObjectInfo info in page)
            {
                yield return info;
            }

            if (page.Count < count)
            {
                yield break;
            }

            after = page[^1].Name;
        }
    }

    public Task DeleteAsync(string name, CancellationToken cancellationToken) => CallAsync(
        "delete",
        name,
        isRead: false,
        () =>
        {
            _model.Delete(name, ListingTime(), _gate.Name);
            return true;
        },
        cancellationToken);

    public async Task<VersionedObject?> GetVersionedAsync(string name, int maxBytes, CancellationToken cancellationToken)
    {
        string version = "";
        byte[] content = await ReadAsync(
            "get-version",
            name,
            found =>
            {
                version = _model.VersionOf(name)!;
                return found;
            },
            cancellationToken,
            absent: []);
        return version.Length == 0 ? null : new VersionedObject(content, new ObjectVersion(version));
    }

    public async Task<ObjectVersion?> CompareAndSwapAsync(
        string name, ObjectVersion? expected, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        byte[] copy = content.ToArray();
        string? version = await CallAsync("swap", name, isRead: false, () => _model.Swap(name, expected?.Tag, copy, _gate.Name), cancellationToken);
        return version is null ? null : new ObjectVersion(version);
    }

    private static byte[] Range(byte[] content, string name, long offset, int length) => offset + length <= content.Length
        ? content.AsSpan((int)offset, length).ToArray()
        : throw new ObjectStoreException(ObjectStoreError.Truncated, "range", name, $"has {content.Length} bytes");

    private async Task<byte[]> ReadAsync(
        string operation, string name, Func<byte[], byte[]> read, CancellationToken cancellationToken, byte[]? absent = null)
    {
        StoreFault fault = StoreFault.None;
        byte[] content = await CallAsync(
            operation,
            name,
            isRead: true,
            // A copy: readers decipher in place.
            () => _model.Find(name) is { } found
                ? read(found).AsSpan().ToArray()
                : absent ?? throw new ObjectStoreException(ObjectStoreError.NotFound, operation, name, "no such object"),
            cancellationToken,
            chosen => fault = chosen);
        return fault switch
        {
            StoreFault.Truncated => content[.._random.Next(content.Length + 1)],
            StoreFault.Flipped => Flip(content),
            _ => content,
        };
    }

    private byte[] Flip(byte[] content)
    {
        if (content.Length > 0)
        {
            content[_random.Next(content.Length)] ^= (byte)(1 << _random.Next(8));
        }

        return content;
    }

    private Task<T> CallAsync<T>(
        string operation, string name, bool isRead, Func<T> apply, CancellationToken cancellationToken, Action<StoreFault>? chosen = null)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        int number = ++Calls;
        StoreFault fault = Behaviour.Choose(_random, isRead);
        chosen?.Invoke(fault);
        _trace.Add(_scheduler.Now, _gate.Name, $"{operation} {name} {(fault == StoreFault.None ? "" : fault)}");
        StoreCall<T> call = new(apply, new ObjectStoreException(
            fault == StoreFault.NoSpace ? ObjectStoreError.NoSpace : ObjectStoreError.Unavailable, operation, name, $"simulated: {fault}"));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() => call.GiveUp(cancellationToken));
        }

        Moment?.Invoke(number, 0);
        long arrival = _scheduler.Now + Between(Behaviour.LatencyMax) + (fault == StoreFault.Slow ? Between(SlowMax) : 0);
        long answer = arrival + Between(Behaviour.LatencyMax);
        long effect = fault == StoreFault.Late ? arrival + Between(LateMax) : arrival;
        if (fault is not (StoreFault.Refused or StoreFault.NoSpace))
        {
            _scheduler.At(effect, () => Arrive(call, number, isRead));
        }

        bool answered = fault is not (StoreFault.Refused or StoreFault.NoSpace or StoreFault.AnswerLost or StoreFault.Late);
        _scheduler.At(answer, () => _gate.Deliver(() =>
        {
            call.Answer(answered);
            Moment?.Invoke(number, 2);
        }));
        return call.Task;
    }

    // What a killed process had sent arrives or not.
    private void Arrive<T>(StoreCall<T> call, int number, bool isRead)
    {
        if (_gate.IsDead && (isRead || _random.Next(2) == 0))
        {
            return;
        }

        call.Apply();
        Moment?.Invoke(number, 1);
    }

    private long ListingTime() => _random.Next(100) < Behaviour.StaleListing ? _scheduler.Now + Between(Behaviour.StaleMax) : _scheduler.Now;

    private long Between(TimeSpan max) => _random.NextInt64(1, Math.Max(2, max.Ticks));
}
