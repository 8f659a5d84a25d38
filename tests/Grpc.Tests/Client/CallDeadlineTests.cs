using Grpc.Net.Client;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Grpc.Tests.Client;

/// <summary>A deadline is a time of day for the caller, and a while for the call.</summary>
public sealed class CallDeadlineTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3650)]
    [InlineData(-3650)]
    public void Deadline_ClockJumpsInTheCall_EndsItAfterTheTimeThereWas(int days)
    {
        ManualTimeProvider clock = new();
        CallState state = new(throwOperationCanceled: false, CancellationToken.None);
        using CallDeadline deadline = CallDeadline.Start(clock, clock.GetUtcNow().UtcDateTime.AddSeconds(30), state)!;

        clock.Jump(TimeSpan.FromDays(days));

        clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(TimeSpan.FromSeconds(1), deadline.Remaining);
        Assert.False(state.End.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(state.End.IsCompleted);
    }
}
