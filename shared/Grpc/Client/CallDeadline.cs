using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Ends a call with DEADLINE_EXCEEDED when its time is over.</summary>
internal sealed class CallDeadline : IDisposable
{
    /// <summary>Timers take at most 2^32 - 2 ms, about 49 days; longer waits are cut into pieces.</summary>
    private static readonly TimeSpan _timerMax = TimeSpan.FromDays(20);

    private readonly TimeProvider _clock;
    private readonly DateTime _deadline;
    private readonly CallState _state;
    private readonly ITimer _timer;

    private CallDeadline(TimeProvider clock, DateTime deadline, CallState state)
    {
        (_clock, _deadline, _state) = (clock, deadline, state);
        _timer = clock.CreateTimer(
            self => ((CallDeadline)self!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The time left; negative when over.</summary>
    public TimeSpan Remaining => _deadline - _clock.GetUtcNow().UtcDateTime;

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

        var watch = new CallDeadline(clock, time, state);
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
