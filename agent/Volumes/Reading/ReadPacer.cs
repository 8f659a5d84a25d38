namespace K8sBackup.Agent.Volumes.Reading;

/// <summary>
/// Spreads reads over time: all captures of the node together stay within the configured bytes a second, and within
/// <see cref="PressedBytesPerSecond"/> while others wait for the disks. Smooth: nothing is saved up. Thread-safe.
/// </summary>
internal sealed class ReadPacer
{
    /// <summary>Under pressure a backup goes on, slowly: one that stopped would never end on a node that is always busy.</summary>
    public const long PressedBytesPerSecond = 8 * 1024 * 1024;

    private readonly long _bytesPerSecond;
    private readonly PressureGauge _gauge;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly long _began;
    private TimeSpan _free;

    /// <summary>A budget of 0 is none.</summary>
    public ReadPacer(long bytesPerSecond, PressureGauge gauge, TimeProvider clock)
    {
        _bytesPerSecond = bytesPerSecond;
        _gauge = gauge;
        _clock = clock;
        _began = clock.GetTimestamp();
    }

    /// <summary>Waits until so many bytes may be read. Blocks: it is called where reads block, too.</summary>
    public void Take(int bytes, CancellationToken cancellationToken)
    {
        long rate = _gauge.IsHigh ? PressedBytesPerSecond : long.MaxValue;
        rate = _bytesPerSecond > 0 ? Math.Min(rate, _bytesPerSecond) : rate;
        if (rate == long.MaxValue || bytes == 0)
        {
            return;
        }

        TimeSpan wait;
        lock (_lock)
        {
            TimeSpan now = _clock.GetElapsedTime(_began);
            _free = _free > now ? _free : now;
            wait = _free - now;
            _free += TimeSpan.FromSeconds((double)bytes / rate);
        }

        if (wait > TimeSpan.Zero)
        {
            Task.Delay(wait, _clock, cancellationToken).GetAwaiter().GetResult();
        }
    }

    /// <summary>Does a read, whose time does not count as pressure by others.</summary>
    public int Time(Func<int> read)
    {
        long start = _clock.GetTimestamp();
        try
        {
            return read();
        }
        finally
        {
            _gauge.AddOwn(_clock.GetElapsedTime(start));
        }
    }
}
