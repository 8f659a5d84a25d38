using K8sBackup.Agent.Session;

namespace K8sBackup.Agent.Tests.Session;

public sealed class FullJitterTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 16)]
    [InlineData(7, 60)]
    [InlineData(1000, 60)]
    public void DelayBefore_Attempt_IsUniformUpToItsCap(int attempt, double capSeconds)
    {
        FullJitter jitter = new(new Random(7), TimeProvider.System);
        double[] delays = [.. Enumerable.Range(0, 500).Select(_ => jitter.DelayBefore(attempt).TotalSeconds)];

        Assert.All(delays, delay => Assert.InRange(delay, 0, capSeconds));
        Assert.InRange(delays.Average(), capSeconds * 0.4, capSeconds * 0.6);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 8)]
    [InlineData(1000, 8)]
    public void DelayBefore_ShorterCap_IsKept(int attempt, double capSeconds)
    {
        FullJitter jitter = new(new Random(7), TimeProvider.System);
        double[] delays = [.. Enumerable.Range(0, 500).Select(_ => jitter.DelayBefore(attempt, TimeSpan.FromSeconds(8)).TotalSeconds)];

        Assert.All(delays, delay => Assert.InRange(delay, 0, capSeconds));
        Assert.InRange(delays.Average(), capSeconds * 0.4, capSeconds * 0.6);
    }
}
