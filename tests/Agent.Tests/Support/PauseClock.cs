using System.Threading.Channels;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>A clock for pauses: each waits until the test has seen how long it is to be, and is over then.</summary>
internal sealed class PauseClock : TimeProvider
{
    private readonly Channel<(TimeSpan Length, Action End)> _begun = Channel.CreateUnbounded<(TimeSpan Length, Action End)>();

    /// <summary>The length of the next pause in seconds, which ends with this.</summary>
    public async Task<double> NextAsync()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(1));
        (TimeSpan length, Action end) = await _begun.Reader.ReadAsync(deadline.Token);
        end();
        return length.TotalSeconds;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _begun.Writer.TryWrite((dueTime, () => callback(state)));
        return new Pause();
    }

    private sealed class Pause : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
