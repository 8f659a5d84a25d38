using K8sBackup.TestKit.Processes;

namespace K8sBackup.Simulation.Tests;

public sealed class SeedTests
{
    [Fact]
    public async Task TwoThousandWorlds_HoldAllInvariants()
    {
        ProcessResult[] halves = await Task.WhenAll(
            Simulator.RunAsync("--seeds", "1000", "--first", "1"), Simulator.RunAsync("--seeds", "1000", "--first", "1001"));

        Assert.All(halves, Simulator.AssertHeld);
    }

    [Fact]
    public async Task CoordinatorKilledAtEveryStoreCall_HoldsAllInvariants() =>
        Simulator.AssertHeld(await Simulator.RunAsync("--crash-calls", "60"));

    [Fact]
    public async Task CoordinatorKilledAtEveryStoreCallOfPrunes_HoldsAllInvariants() =>
        Simulator.AssertHeld(await Simulator.RunAsync("--crash-prune-calls", "130", "--crash-first", "50"));

    [Fact]
    public async Task SameSeed_SameTrace()
    {
        ProcessResult[] runs = await Task.WhenAll(
            Simulator.RunAsync("--seeds", "15", "--digests"), Simulator.RunAsync("--seeds", "15", "--digests"));

        Assert.All(runs, Simulator.AssertHeld);
        string[] first = DigestsOf(runs[0]);
        Assert.Equal(15, first.Length);
        Assert.Equal(first, DigestsOf(runs[1]));
    }

    [Fact]
    public async Task LaterSeedsAlone_HaveTheTraceTheyHaveAmongOthers()
    {
        ProcessResult[] runs = await Task.WhenAll(
            Simulator.RunAsync("--seeds", "6", "--digests"), Simulator.RunAsync("--first", "6", "--seeds", "1", "--digests"));

        Assert.All(runs, Simulator.AssertHeld);
        Assert.Equal(DigestsOf(runs[0])[^1], Assert.Single(DigestsOf(runs[1])));
    }

    [Fact]
    public async Task BadArguments_AreRefused()
    {
        ProcessResult result = await Simulator.RunAsync("--seeds", "0");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("'0' is not a positive number", result.StandardOutput, StringComparison.Ordinal);
    }

    private static string[] DigestsOf(ProcessResult result) =>
        [.. result.StandardOutput.Split('\n').Where(line => line.Length > 64 && char.IsAsciiDigit(line[0]) && line.Split(' ').Length == 3)];
}
