using Google.Protobuf.WellKnownTypes;
using K8sBackup.Cli.Failures;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests.Commands;

public sealed class ClusterRestoreTests : IAsyncLifetime
{
    private FakeCoordinator _coordinator = null!;

    public async Task InitializeAsync()
    {
        _coordinator = await FakeCoordinator.StartAsync();
        _coordinator.Api.Points.Add(Samples.Point());
        _coordinator.Api.RestoreStates.Add(Samples.Restore(RestoreState.Running));
    }

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Theory]
    [InlineData("prod", ExitCodes.Ok)]
    [InlineData("cp-1", ExitCodes.Cancelled)]
    [InlineData("yes", ExitCodes.Cancelled)]
    public async Task Etcd_OnTerminal_ShowsThePlanAndWantsTheClustersNameTyped(string typed, int code)
    {
        CliRun run = await _coordinator.RunAsync(
            c => c with { InIsTerminal = true, In = new StringReader(typed + "\n") }, CancellationToken.None, "restore", "etcd", "latest", "--watch", "false");

        Assert.Equal(code, run.Code);
        Assert.Contains("The revision moves.", run.Out, StringComparison.Ordinal);
        Assert.Matches("Objects that vanish: +12", run.Out);
        Assert.Equal(code == ExitCodes.Ok ? "prod" : null, _coordinator.Api.Confirmation?.Cluster);
        Assert.Equal(code == ExitCodes.Ok ? [] : [Samples.RestoreId], _coordinator.Api.Cancelled);
    }

    [Fact]
    public async Task Etcd_ImpactThatCannotBeFoundOut_IsSaidAndHoldsNothingUp()
    {
        _coordinator.Api.Impacts.Report = null;

        CliRun run = await _coordinator.RunAsync("restore", "etcd", "latest", "--yes-i-mean", "prod", "--watch", "false");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("what the restore would change is not known", run.Error, StringComparison.Ordinal);
        Assert.Equal("prod", _coordinator.Api.Confirmation?.Cluster);
    }

    [Fact]
    public async Task Etcd_NobodyToConfirm_IsRefusedBeforeThePlan()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd", "latest");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--yes-i-mean", run.Error, StringComparison.Ordinal);
        Assert.Null(_coordinator.Api.PlanRequest);
    }

    [Fact]
    public async Task Etcd_ConfirmedForAnotherCluster_IsCalledOff()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd", "latest", "--yes-i-mean", "staging");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Null(_coordinator.Api.Confirmation);
        Assert.Equal([Samples.RestoreId], _coordinator.Api.Cancelled);
    }

    [Fact]
    public async Task Etcd_WithObstacles_ShowsThemAndIsRefused()
    {
        _coordinator.Api.ClusterPlan = Samples.ClusterPlan("cp-2: no room.");

        CliRun run = await _coordinator.RunAsync("restore", "etcd", "latest", "--yes-i-mean", "prod");

        Assert.Equal(ExitCodes.Refused, run.Code);
        Assert.Contains("cp-2: no room.", run.Out, StringComparison.Ordinal);
        Assert.Null(_coordinator.Api.Confirmation);
    }

    [Fact]
    public async Task Etcd_PlanOnly_ShowsItAndCallsItOff()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd", "latest", "--plan", "--output", "json");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Contains("\"transformations\"", run.Out, StringComparison.Ordinal);
        Assert.Equal([Samples.RestoreId], _coordinator.Api.Cancelled);
    }

    [Fact]
    public async Task Etcd_Choices_GoIntoTheRequest()
    {
        CliRun run = await _coordinator.RunAsync(
            "restore", "etcd", "latest", "--node", "cp-1", "--node", "cp-2", "--lost", "cp-3", "--revision", "42", "--bump", "5", "--target-version", "3.5", "--yes-i-mean", "prod", "--watch", "false");

        Assert.Equal(ExitCodes.Ok, run.Code);
        PlanClusterRestoreRequest request = _coordinator.Api.PlanRequest!;
        Assert.Equal(["cp-1", "cp-2"], request.Nodes);
        Assert.Equal(["cp-3"], request.LostNodes);
        Assert.Equal((42, 5, "3.5", SourceKind.Etcd), (request.Revision, request.RevisionBump, request.TargetVersion, request.Source.Kind));
        Assert.NotEmpty(request.RequestId);
        Assert.Equal("prod", _coordinator.Api.Confirmation!.Cluster);
    }

    [Fact]
    public async Task Etcd_Abort_CallsOffTheOneThatGoesOn()
    {
        Restore going = Samples.ClusterPlan();
        going.Id = "01k9zzzzzzzzzzzzzzzzzzzz99";
        Restore over = Samples.ClusterPlan();
        over.Interval = new Interval { FinishedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch) };
        _coordinator.Api.RestoreStates.Add(over);
        CliRun none = await _coordinator.RunAsync("restore", "etcd", "--abort");
        Assert.Equal(ExitCodes.NotFound, none.Code);
        Assert.Empty(_coordinator.Api.Cancelled);

        _coordinator.Api.RestoreStates.Add(going);
        CliRun run = await _coordinator.RunAsync("restore", "etcd", "--abort");

        Assert.Equal(ExitCodes.Ok, run.Code);
        Assert.Equal([going.Id], _coordinator.Api.Cancelled);
        Assert.Null(_coordinator.Api.PlanRequest);
    }

    [Fact]
    public async Task Etcd_NoPoint_IsAMistakeThatIsNamed()
    {
        CliRun run = await _coordinator.RunAsync("restore", "etcd", "--plan");

        Assert.Equal(ExitCodes.Usage, run.Code);
        Assert.Contains("--abort", run.Error, StringComparison.Ordinal);
    }
}
