using K8sBackup.Cli.Watching;

namespace K8sBackup.Cli.Tests.Watching;

public sealed class RateMeterTests
{
    [Fact]
    public void Rate_SteadyFlow_IsItsRateAndTimeLeft()
    {
        SteppedClock clock = new();
        RateMeter meter = new(clock);
        for (int second = 0; second <= 30; second++)
        {
            meter.Add(second * 1000L);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1000, meter.BytesPerSecond, 1);
        Assert.Equal(TimeSpan.FromSeconds(10), meter.Remaining(40_000));
    }

    [Fact]
    public void Rate_OneSample_IsUnknown()
    {
        RateMeter meter = new(new SteppedClock());
        meter.Add(5000);

        Assert.Equal(0, meter.BytesPerSecond);
        Assert.Null(meter.Remaining(10_000));
    }

    [Fact]
    public void Rate_WorkBegunAgain_IsNeverNegative()
    {
        SteppedClock clock = new();
        RateMeter meter = new(clock);
        meter.Add(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        meter.Add(10_000);
        clock.Advance(TimeSpan.FromSeconds(1));
        meter.Add(100);

        Assert.True(meter.BytesPerSecond >= 0);
    }

    [Fact]
    public void Remaining_TotalUnknownOrPassed_IsUnknown()
    {
        SteppedClock clock = new();
        RateMeter meter = new(clock);
        meter.Add(0);
        clock.Advance(TimeSpan.FromSeconds(1));
        meter.Add(10_000);

        Assert.Null(meter.Remaining(0));
        Assert.Null(meter.Remaining(5000));
    }

    private sealed class SteppedClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
