using K8sBackup.ObjectStore.InMemory;
using K8sBackup.ObjectStore.Throttling;
using K8sBackup.TestKit.Time;

namespace K8sBackup.ObjectStore.Tests.Throttling;

public sealed class ThrottlingTests
{
    private const int Rate = 1_000_000;

    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Wait_ManyPiecesFromSeveralCallers_KeepTheRateInEverySecond()
    {
        ByteRate rate = new(Rate, _clock);
        List<(double Second, int Bytes)> passed = [];
        Task[] callers = [.. Enumerable.Range(0, 4).Select(async _ =>
        {
            for (int i = 0; i < 20; i++)
            {
                await rate.WaitAsync(rate.PieceBytes, default);
                lock (passed)
                {
                    passed.Add(((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, rate.PieceBytes));
                }
            }
        })];

        await _clock.AdvanceUntilAsync(() => callers.All(c => c.IsCompleted), TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(5));

        double start = passed.Min(p => p.Second);
        double took = passed.Max(p => p.Second) - start;
        double expected = passed.Sum(p => (double)p.Bytes) / Rate;
        // A caller that waits for a processor is late, and with it one piece of each of the others.
        Assert.InRange(took, expected - 0.3, 2 * expected);
        for (double from = start; from < start + took - 1; from += 0.1)
        {
            int inSecond = passed.Where(p => p.Second >= from && p.Second < from + 1).Sum(p => p.Bytes);
            Assert.InRange(inSecond, 0, Rate * 1.5);
        }
    }

    [Fact]
    public async Task Wait_AfterALongRest_GivesNoBurst()
    {
        ByteRate rate = new(Rate, _clock);
        _clock.Advance(TimeSpan.FromHours(1));

        await rate.WaitAsync(Rate / 20, default);
        Task second = rate.WaitAsync(Rate, default).AsTask();

        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await second.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Store_PutAndGet_TakeTheirTime()
    {
        InMemoryObjectStore inner = new();
        ThrottlingObjectStore store = new(inner, new ThrottleOptions(Rate, Rate).ToThrottle(_clock));

        Task<PutOutcome> put = store.PutIfAbsentAsync("a", new byte[3 * Rate], default);
        _clock.Advance(TimeSpan.FromSeconds(2.5));
        Assert.Null(await inner.HeadAsync("a", default));
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(PutOutcome.Created, await put.WaitAsync(TimeSpan.FromMinutes(1)));

        Task<byte[]> get = store.GetAsync("a", int.MaxValue, default);
        _clock.Advance(TimeSpan.FromSeconds(2.5));
        Assert.False(get.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(3 * Rate, (await get.WaitAsync(TimeSpan.FromMinutes(1))).Length);
    }
}
