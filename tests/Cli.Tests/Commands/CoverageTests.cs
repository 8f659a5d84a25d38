using Google.Protobuf.WellKnownTypes;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class CoverageTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        _coordinator.Api.Coverage.AddRange(
        [
            new CoverageItem
            {
                Kind = CoverageKind.Claim, Namespace = "shop", Name = "data", Node = "w-1", State = CoverageState.Protected, Plan = "nightly", Rule = "databases",
                LastGood = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero)), LastGoodPlan = "nightly",
            },
            new CoverageItem { Kind = CoverageKind.Node, Name = "w-9", Node = "w-9", State = CoverageState.Unprotected, Reason = "No agent of it has enrolled." },
            new CoverageItem { Kind = CoverageKind.PodVolume, Namespace = "shop", Name = "web-0/tmp", State = CoverageState.Excluded, Plan = "nightly", Rule = "default", Reason = "Left out by default." },
        ]);
    }

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Coverage_Table_ShowsWhatIsProtectedAndWhatIsNotAndCountsTheRest()
    {
        CliRun run = await _coordinator.RunAsync("coverage");
        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("protected    claim  shop/data", run.Out, StringComparison.Ordinal);
        Assert.Contains("2026-03-04 05:06:07Z", run.Out, StringComparison.Ordinal);
        Assert.Contains("unprotected  node   w-9", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("web-0/tmp", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 protected, 1 unprotected, 1 left out, which --all shows.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coverage_All_ShowsByWhichRuleThingsAreLeftOut()
    {
        CliRun run = await _coordinator.RunAsync("coverage", "--all");
        Assert.Contains("web-0/tmp", run.Out, StringComparison.Ordinal);
        Assert.Contains("Left out by default.", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 left out.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coverage_Unprotected_IsForScripts()
    {
        CliRun run = await _coordinator.RunAsync("coverage", "--unprotected", "--output", "json");
        Assert.Equal(ExitCodes.Failed, run.Code);
        Assert.Contains("No agent of it has enrolled.", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("shop/data", run.Out, StringComparison.Ordinal);
        _coordinator.Api.Coverage.RemoveAt(1);
        Assert.Equal(ExitCodes.Ok, (await _coordinator.RunAsync("coverage", "--unprotected")).Code);
    }
}
