using K8sBackup.Coordinator.Catalog;

namespace K8sBackup.Coordinator.Tests.Catalog;

public sealed class StoreClockTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData(299, "")]
    [InlineData(-299, "")]
    [InlineData(301, "The store's clock is 0.00:05:01 ahead of the coordinator's")]
    [InlineData(-90_061, "The store's clock is 1.01:01:01 behind the coordinator's")]
    public async Task Warnings_ClocksDiffer_SayWhichAndByHowMuch(int? seconds, string expected)
    {
        StoreClock clock = new(() => seconds is { } known ? TimeSpan.FromSeconds(known) : null);

        IReadOnlyList<string> said = await clock.WarningsAsync(default);

        Assert.StartsWith(expected, string.Concat(said), StringComparison.Ordinal);
        Assert.Equal(expected.Length > 0 ? 1 : 0, said.Count);
    }
}
