namespace K8sBackup.Simulation.Scheduling;

/// <summary>The clock a simulated process sees: its time of day may be set wrong and jump, its timestamps never go back.</summary>
internal sealed class SimulationClock : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SimulationScheduler _scheduler;
    private readonly ProcessGate? _gate;

    public SimulationClock(SimulationScheduler scheduler, ProcessGate? gate = null)
    {
        _scheduler = scheduler;
        _gate = gate;
    }

    /// <summary>How wrong the time of day is.</summary>
    public TimeSpan Error { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Epoch + TimeSpan.FromTicks(_scheduler.Now) + Error;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Deliver(Action action)
    {
        if (_gate is null)
        {
            action();
        }
        else
        {
            _gate.Deliver(action);
        }
    }

    private sealed class Timer(SimulationClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock._scheduler.At(clock._scheduler.Now + dueTime.Ticks, () => clock.Deliver(() => Fire(setting, period)));
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int setting, TimeSpan period)
        {
            if (setting != _setting)
            {
                return;
            }

            if (period > TimeSpan.Zero)
            {
                Change(period, period);
            }

            callback(state);
        }
    }
}
