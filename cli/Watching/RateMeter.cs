namespace K8sBackup.Cli.Watching;

/// <summary>Bytes per second over the last seconds, and the time left at that rate. For one thread.</summary>
internal sealed class RateMeter
{
    // Long enough to smooth a slow file, short enough to follow a change of speed.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    // Below this a rate says nothing.
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _clock;
    private readonly Queue<(long Time, long Bytes)> _samples = new();
    private (long Time, long Bytes) _last;

    public RateMeter(TimeProvider clock) => _clock = clock;

    /// <summary>Bytes per second; 0 while unknown.</summary>
    public double BytesPerSecond
    {
        get
        {
            if (_samples.Count < 2)
            {
                return 0;
            }

            (long time, long bytes) = _samples.Peek();
            TimeSpan span = _clock.GetElapsedTime(time, _last.Time);
            return span < ShortestSpan ? 0 : Math.Max(0, _last.Bytes - bytes) / span.TotalSeconds;
        }
    }

    /// <summary>Takes the bytes done so far.</summary>
    public void Add(long bytesDone)
    {
        // Work begun again on another attempt starts from a smaller number.
        if (bytesDone < _last.Bytes)
        {
            _samples.Clear();
        }

        _last = (_clock.GetTimestamp(), bytesDone);
        _samples.Enqueue(_last);
        while (_samples.Count > 2 && _clock.GetElapsedTime(_samples.Peek().Time, _last.Time) > Window)
        {
            _samples.Dequeue();
        }
    }

    /// <summary>Time left, null while unknown.</summary>
    public TimeSpan? Remaining(long bytesTotal)
    {
        double rate = BytesPerSecond;
        long left = bytesTotal - _last.Bytes;
        return rate < 1 || left < 0 || bytesTotal <= 0 ? null : TimeSpan.FromSeconds(Math.Min(left / rate, TimeSpan.FromDays(999).TotalSeconds));
    }
}
