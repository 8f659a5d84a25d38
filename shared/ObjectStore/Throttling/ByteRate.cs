namespace K8sBackup.ObjectStore.Throttling;

/// <summary>
/// Lets bytes pass at a rate that holds over any second: who asks gets a place in time, and what was not used before
/// gives at most a tenth of a second in advance. Thread-safe; all who share it share the rate.
/// </summary>
public sealed class ByteRate
{
    private const int AdvancePerSecond = 10;

    private readonly long _bytesPerSecond;
    private readonly TimeProvider _clock;
    private readonly long _start;
    private readonly Lock _gate = new();
    private TimeSpan _next;

    /// <param name="bytesPerSecond">The rate.</param>
    /// <param name="clock">Measures and waits.</param>
    public ByteRate(long bytesPerSecond, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerSecond);
        ArgumentNullException.ThrowIfNull(clock);
        _bytesPerSecond = bytesPerSecond;
        _clock = clock;
        _start = clock.GetTimestamp();
    }

    /// <summary>Bytes a caller should ask for at once, so that nobody waits long for somebody else's piece.</summary>
    public int PieceBytes => (int)Math.Clamp(_bytesPerSecond / (2 * AdvancePerSecond), 1, 64 * 1024);

    /// <summary>Waits until the bytes may pass.</summary>
    public async ValueTask WaitAsync(long bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait = Reserve(bytes);
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _clock, cancellationToken);
        }
    }

    /// <summary>Counts bytes that have passed without waiting.</summary>
    public void Charge(long bytes) => Reserve(bytes);

    private TimeSpan Reserve(long bytes)
    {
        lock (_gate)
        {
            TimeSpan now = _clock.GetElapsedTime(_start);
            TimeSpan earliest = now - TimeSpan.FromSeconds(1.0 / AdvancePerSecond);
            TimeSpan begin = _next > earliest ? _next : earliest;
            _next = begin + TimeSpan.FromSeconds((double)bytes / _bytesPerSecond);
            return _next - now;
        }
    }
}
