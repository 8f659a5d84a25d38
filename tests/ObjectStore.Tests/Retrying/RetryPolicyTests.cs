using K8sBackup.ObjectStore.Retrying;
using K8sBackup.TestKit.Time;

namespace K8sBackup.ObjectStore.Tests.Retrying;

public sealed class RetryPolicyTests
{
    private readonly ManualTimeProvider _clock = new();
    private readonly List<DateTimeOffset> _attempts = [];

    [Fact]
    public async Task Run_NeverAnswers_StopsAfterTheAttemptsAndThrowsTheLastFailure()
    {
        ObjectStoreException error = await FailAsync(new RetryOptions(5, TimeSpan.FromHours(1)), ObjectStoreError.Unavailable);

        Assert.Equal(5, _attempts.Count);
        Assert.Contains("attempt 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_NeverAnswers_BeginsNoAttemptLongAfterTheBudget()
    {
        RetryOptions options = new(1000, TimeSpan.FromMinutes(1)) { DelayMax = TimeSpan.FromSeconds(10) };

        await FailAsync(options, ObjectStoreError.Unavailable);

        Assert.InRange(_attempts.Count, 6, 200);
        Assert.True(_attempts[^1] - _attempts[0] <= options.Budget + options.DelayMax, $"last attempt after {_attempts[^1] - _attempts[0]}");
    }

    [Fact]
    public async Task Run_Waits_AreDrawnFromZeroToABoundThatDoubles()
    {
        RetryOptions options = new(8, TimeSpan.FromHours(1)) { FirstDelayMax = TimeSpan.FromSeconds(1), DelayMax = TimeSpan.FromSeconds(16) };
        List<double>[] waits = [.. Enumerable.Range(0, 7).Select(_ => new List<double>())];
        for (int seed = 0; seed < 30; seed++)
        {
            _attempts.Clear();
            await FailAsync(options, ObjectStoreError.Unavailable, seed);
            for (int i = 0; i < 7; i++)
            {
                waits[i].Add((_attempts[i + 1] - _attempts[i]).TotalSeconds);
            }
        }

        // The manual clock moves in steps of 50 ms.
        Assert.All(waits.Select((w, i) => (w, Bound: Math.Min(16, Math.Pow(2, i)))), x =>
        {
            Assert.True(x.w.Max() <= x.Bound + 0.1, $"{x.w.Max()} of {x.Bound}");
            Assert.True(x.w.Max() > x.Bound * 0.6 && x.w.Min() < x.Bound * 0.4, $"{x.w.Min()} to {x.w.Max()} of {x.Bound}");
        });
    }

    [Theory]
    [InlineData(ObjectStoreError.NotFound)]
    [InlineData(ObjectStoreError.PermissionDenied)]
    [InlineData(ObjectStoreError.NoSpace)]
    [InlineData(ObjectStoreError.Corrupt)]
    [InlineData(ObjectStoreError.Retained)]
    [InlineData(ObjectStoreError.Unsuitable)]
    [InlineData(ObjectStoreError.Configuration)]
    public async Task Run_FailureThatStays_IsNotTriedAgain(ObjectStoreError error)
    {
        await FailAsync(RetryOptions.Default, error);
        Assert.Single(_attempts);
    }

    [Fact]
    public async Task Run_CancelledWhileWaiting_EndsAtOnce()
    {
        using CancellationTokenSource cancel = new();
        Task<int> run = new RetryPolicy(RetryOptions.Default, _clock, new Random(1)).RunAsync<int>("get", _ => throw Failure(ObjectStoreError.Unavailable), cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    private async Task<ObjectStoreException> FailAsync(RetryOptions options, ObjectStoreError error, int seed = 1)
    {
        RetryPolicy policy = new(options, _clock, new Random(seed));
        Task<int> run = policy.RunAsync<int>(
            "get",
            _ =>
            {
                _attempts.Add(_clock.GetUtcNow());
                throw Failure(error);
            },
            default);
        while (!run.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        return await Assert.ThrowsAsync<ObjectStoreException>(() => run);
    }

    private ObjectStoreException Failure(ObjectStoreError error) => new(error, "get", "a", $"attempt {_attempts.Count}");
}
