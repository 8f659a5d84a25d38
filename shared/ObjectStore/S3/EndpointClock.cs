namespace K8sBackup.ObjectStore.S3;

/// <summary>
/// The time by an endpoint's own clock, as its last answer said; this machine's before the first. Requests are signed with it, and retention,
/// which the endpoint ends, is counted by it: a machine whose clock is wrong must not lock objects for years. Thread-safe.
/// </summary>
internal sealed class EndpointClock
{
    // A request that is refused for its time was signed minutes off; less is the way there and back.
    private static readonly TimeSpan NewsMin = TimeSpan.FromMinutes(4);

    private readonly TimeProvider _machine;
    private long _ahead;
    private volatile bool _isKnown;

    public EndpointClock(TimeProvider machine) => _machine = machine;

    public DateTimeOffset Machine => _machine.GetUtcNow();

    public DateTimeOffset Now => Machine + (Ahead ?? TimeSpan.Zero);

    /// <summary>How far the endpoint's clock is ahead of this machine's; null before it said its time.</summary>
    public TimeSpan? Ahead => _isKnown ? new TimeSpan(Volatile.Read(ref _ahead)) : null;

    /// <summary>Takes the time of an answer that just came.</summary>
    public void Observe(DateTimeOffset time)
    {
        Volatile.Write(ref _ahead, (time - Machine).Ticks);
        _isKnown = true;
    }

    /// <summary>True when the two clocks differ so much that a request may be refused for it.</summary>
    public bool IsElsewhere => Ahead is { } ahead && ahead.Duration() > NewsMin;

    /// <summary>True when more is known than there was, so that what was signed by the former value is worth signing again.</summary>
    public bool HasNewsSince(TimeSpan? former) => Ahead is { } ahead && (ahead - (former ?? TimeSpan.Zero)).Duration() > NewsMin;

    /// <summary>Both clocks in words.</summary>
    public string Describe() => Ahead is { } ahead
        ? $"it is {Machine.UtcDateTime:u} by this machine's clock and {Now.UtcDateTime:u} by the endpoint's, which is {ahead.Duration():c} {(ahead < TimeSpan.Zero ? "behind" : "ahead")}"
        : $"it is {Machine.UtcDateTime:u} by this machine's clock, and the endpoint does not say its time";
}
