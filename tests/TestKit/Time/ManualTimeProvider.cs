namespace K8sBackup.TestKit.Time;

/// <summary>
/// A clock that moves only when told to. Timers (also those behind Task.Delay, PeriodicTimer and cancellation after a
/// time) fire during <see cref="Advance"/>, in order of their due times, on the calling thread. Thread-safe.
/// </summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private static readonly TimeSpan Starved = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _origin;
    private DateTimeOffset _now;
    private TimeSpan _jumped;

    /// <summary>A clock at noon UTC on 1 June 2026, or at the given time.</summary>
    public ManualTimeProvider(DateTimeOffset? start = null)
    {
        _origin = _now = start ?? new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now + _jumped;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return (_now - _origin).Ticks;
        }
    }

    /// <summary>Somebody sets the time of day; timers and elapsed time go on as they were.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_lock)
        {
            _jumped += by;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and fires what becomes due.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        DateTimeOffset target = _origin + new TimeSpan(GetTimestamp()) + by;
        while (NextDue(target) is { } timer)
        {
            timer.Fire();
        }

        lock (_lock)
        {
            _now = target;
        }
    }

    /// <summary>
    /// Moves the clock in steps until the condition holds, letting other threads work in between. Throws
    /// TimeoutException when it does not hold after the clock moved by <paramref name="limit"/> and others had a minute to get so far.
    /// </summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        for (TimeSpan moved = TimeSpan.Zero; !condition(); moved += step)
        {
            if (moved > limit)
            {
                await WaitAsync(condition, $"The condition does not hold after {limit} of manual time.");
                return;
            }

            Advance(step);
            for (int i = 0; i < 20 && !condition(); i++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }
        }
    }

    // On a busy machine a thread may be left without a processor for long.
    private static async Task WaitAsync(Func<bool> condition, string otherwise)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(begin) > Starved)
            {
                throw new TimeoutException(otherwise);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    private ManualTimer? NextDue(DateTimeOffset target)
    {
        lock (_lock)
        {
            ManualTimer? next = _timers.Where(t => t.Due <= target).MinBy(t => t.Due);
            if (next is null)
            {
                return null;
            }

            _now = next.Due > _now ? next.Due : _now;
            next.Reschedule();
            return next;
        }
    }

    private sealed class ManualTimer : ITimer
    {
        private readonly ManualTimeProvider _clock;
        private readonly Action _callback;
        private TimeSpan _period;

        public ManualTimer(ManualTimeProvider clock, Action callback)
        {
            _clock = clock;
            _callback = callback;
        }

        public DateTimeOffset Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_clock._lock)
            {
                _clock._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = _clock._now + dueTime;
                    _clock._timers.Add(this);
                }
            }

            return true;
        }

        public void Reschedule()
        {
            _clock._timers.Remove(this);
            if (_period > TimeSpan.Zero)
            {
                Due += _period;
                _clock._timers.Add(this);
            }
        }

        public void Fire() => _callback();

        public void Dispose()
        {
            lock (_clock._lock)
            {
                _clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
