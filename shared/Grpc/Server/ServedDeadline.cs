using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// Ends a served call with DEADLINE_EXCEEDED when its time is over, whatever the handler does and the time of day becomes: the status is sent, the
/// context's token cancelled, and what the handler writes afterwards is refused. The request itself lives until the handler returns.
/// </summary>
internal sealed class ServedDeadline : IAsyncDisposable
{
    /// <summary>Timers take at most 2^32 - 2 ms, about 49 days; longer waits are cut into pieces.</summary>
    private static readonly TimeSpan _timerMax = TimeSpan.FromDays(20);

    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly TimeSpan _timeout;
    private readonly ResponseOutput _output;
    private readonly CancellationTokenSource _cancellation;
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private bool _disposed;
    private bool _exceeded;

    public ServedDeadline(TimeProvider clock, TimeSpan timeout, ResponseOutput output, CancellationToken requestAborted)
    {
        _clock = clock;
        _began = clock.GetTimestamp();
        _timeout = timeout;
        _output = output;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(requestAborted);
        CancellationToken = _cancellation.Token;
        var now = clock.GetUtcNow().UtcDateTime;
        Time = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        _timer = clock.CreateTimer(
            self => ((ServedDeadline)self!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Check();
    }

    /// <summary>When the call must have ended, UTC.</summary>
    public DateTime Time { get; }

    /// <summary>Cancelled with the request and at the deadline.</summary>
    public CancellationToken CancellationToken { get; }

    public bool IsExceeded
    {
        get
        {
            lock (_lock)
            {
                return _exceeded;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        bool exceeded;
        lock (_lock)
        {
            _disposed = true;
            exceeded = _exceeded;
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        if (exceeded)
        {
            await _sent.Task.ConfigureAwait(false);
        }

        _cancellation.Dispose();
    }

    private void Check()
    {
        lock (_lock)
        {
            if (_disposed || _exceeded)
            {
                return;
            }

            var remaining = _timeout - _clock.GetElapsedTime(_began);
            if (remaining > TimeSpan.Zero)
            {
                var due = remaining < _timerMax ? remaining + TimeSpan.FromMilliseconds(1) : _timerMax;
                _timer.Change(due, Timeout.InfiniteTimeSpan);
                return;
            }

            _exceeded = true;
        }

        _ = EndAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            // First the output is closed for the handler, then the handler hears of it, so that nothing it says overtakes.
            var end = _output.EndAtOnceAsync(new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"));
            await _cancellation.CancelAsync().ConfigureAwait(false);
            await end.ConfigureAwait(false);
        }
        finally
        {
            _sent.TrySetResult();
        }
    }
}
