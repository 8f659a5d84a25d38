using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// Ends a call with DEADLINE_EXCEEDED when its time is over: as much as there was at the start, whatever the time of day becomes meanwhile.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    /// <summary>Timers take at most 2^32 - 2 ms, about 49 days; longer waits are cut into pieces.</summary>
    private static readonly TimeSpan _timerMax = TimeSpan.FromDays(20);

    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly TimeSpan _length;
    private readonly CallState _state;
    private readonly ITimer _timer;

    private CallDeadline(TimeProvider clock, TimeSpan length, CallState state)
    {
        (_clock, _began, _length, _state) = (clock, clock.GetTimestamp(), length, state);
        _timer = clock.CreateTimer(
            self => ((CallDeadline)self!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time left; negative when over.</summary>
    public TimeSpan Remaining => _length - _clock.GetElapsedTime(_began);

    /// <summary>Starts to watch a deadline; null when there is none.</summary>
    public static CallDeadline? Start(TimeProvider clock, DateTime? deadline, CallState state)
    {
        if (deadline is not { } time || time == DateTime.MaxValue)
        {
            return null;
        }

        if (time.Kind != DateTimeKind.Utc && time != DateTime.MinValue)
        {
            throw new InvalidOperationException(
                "Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        var watch = new CallDeadline(clock, time - clock.GetUtcNow().UtcDateTime, state);
        watch.Check();
        return watch;
    }

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var remaining = Remaining;
        if (remaining <= TimeSpan.Zero)
        {
            _state.TryAbort(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"), byCaller: true);
            return;
        }

        // A timer may fire a moment early; one more millisecond then, never a busy loop.
        var due = remaining < _timerMax ? remaining + TimeSpan.FromMilliseconds(1) : _timerMax;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
