using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Runs;

public sealed class ChangeCapturesTests : IAsyncLifetime
{
    private const string Both = "  schedule: \"0 2 * * *\"\n  sources: [{etcd: {}}, {controlPlane: {}}]";
    private static readonly SourceKey Files = new("cp-1", SourceKind.ControlPlaneFiles, "files");
    private readonly RunWorld _world = new();
    private ChangeCaptures _captures = null!;

    public Task InitializeAsync()
    {
        _world.Connect("cp-1", Role.ControlPlane);
        _world.Connect("cp-2", Role.ControlPlane);
        _world.Connect("w-1");
        _captures = new ChangeCaptures(_world.Plans, _world.Nodes, _world.Engine, _world.Store, _world.Clock, NullLogger<ChangeCaptures>.Instance);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _captures.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Changed_ControlPlaneNode_TakesItsFilesAndNothingElse()
    {
        _world.Plan(Both);

        RunRecord run = await CaptureAsync();

        Assert.Equal((RunState.Completed, true, "change"), (run.State, run.AfterChange, run.StartedBy));
        Assert.Equal([Files], run.Sources.Select(s => s.Source));
        Assert.True(Assert.Single(_world.Repository.Points).AfterChange);
        Assert.Null(_world.Repository.Points.Single().RecoverySet);
        Assert.Contains("/etc/kubernetes of cp-1 changed", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.Null(_world.Store.LatestWholeOf("nightly"));
    }

    [Theory]
    [InlineData("  sources: [{controlPlane: {}}]", "cp-1")]
    [InlineData("  schedule: \"0 2 * * *\"\n  paused: true\n  sources: [{controlPlane: {}}]", "cp-1")]
    [InlineData("  schedule: \"0 2 * * *\"\n  sources: [{controlPlane: {onChange: false}}]", "cp-1")]
    [InlineData("  schedule: \"0 2 * * *\"\n  sources: [{controlPlane: {}, nodes: [{names: [cp-2]}]}]", "cp-1")]
    [InlineData("  schedule: \"0 2 * * *\"\n  sources: [{etcd: {}}]", "cp-1")]
    [InlineData(Both, "w-1")]
    [InlineData(Both, "unknown")]
    public void Changed_NodeOrPlanThatIsNotForIt_StartsNothing(string plan, string node)
    {
        _world.Plan(plan);

        _world.Nodes.NoteFilesChanged(node);
        _captures.Look();

        Assert.Empty(_world.Store.List());
    }

    [Fact]
    public async Task Changed_AgainSoonAfterwards_WaitsForTheRestOfThePause()
    {
        _world.Plan(Both);
        await CaptureAsync();

        _world.Nodes.NoteFilesChanged("cp-1");
        _captures.Look();
        Assert.Single(_world.Store.List());

        // Another node's pause is its own.
        _world.Nodes.NoteFilesChanged("cp-2");
        _captures.Look();
        Assert.Equal(2, _world.Store.List().Count);
        await _world.CommitAsync(_world.Store.List()[0].Id, Files with { Node = "cp-2" });
        await _world.OverAsync(_world.Store.List()[0].Id);

        _world.Clock.Advance(ChangeCaptures.PauseMin);
        _captures.Look();
        Assert.Equal(Files, Assert.Single(_world.Store.List()[0].Sources).Source);
        Assert.Equal(3, _world.Store.List().Count);
    }

    [Fact]
    public async Task Changed_ClockSetBackAfterACapture_IsCapturedAllTheSame()
    {
        _world.Plan(Both);
        await CaptureAsync();
        _world.Clock.Jump(TimeSpan.FromDays(-3650));

        _world.Nodes.NoteFilesChanged("cp-1");
        _captures.Look();

        Assert.Equal(2, _world.Store.List().Count);
    }

    [Fact]
    public async Task Changed_WhileARunOfThePlanGoesOn_IsCapturedAfterIt()
    {
        RunRecord whole = _world.Engine.Start(_world.Plan("  schedule: \"0 2 * * *\"\n  sources: [{controlPlane: {}, nodes: [{names: [cp-1]}]}]"), "admin", "").Run;
        await _world.WorkAsync(whole.Id, Files);
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        _world.Nodes.NoteFilesChanged("cp-1");
        _captures.Look();
        Assert.Single(_world.Store.List());

        await _world.CommitAsync(whole.Id, Files);
        await _world.OverAsync(whole.Id);
        _captures.Look();

        Assert.Equal([true, false], _world.Store.List().Select(run => run.AfterChange));
    }

    [Fact]
    public async Task Changed_AndTheWholePlanRunsMeanwhile_NeedsNoRunOfItsOwn()
    {
        Coordinator.Plans.BackupPlan plan = _world.Plan("  schedule: \"0 2 * * *\"\n  sources: [{controlPlane: {}, nodes: [{names: [cp-1]}]}]");
        _world.Nodes.NoteFilesChanged("cp-1");
        RunRecord whole = _world.Engine.Start(plan, "admin", "").Run;
        await _world.CommitAsync(whole.Id, Files);
        await _world.OverAsync(whole.Id);

        _captures.Look();

        Assert.Single(_world.Store.List());
    }

    [Fact]
    public async Task Schedule_DueWhileOrRightAfterACapture_IsNotSkipped()
    {
        _world.Plan(Both);
        _world.Scheduler.Look();
        DateTimeOffset now = _world.Clock.GetUtcNow();
        DateTimeOffset due = _world.Plans.Current.Find("nightly")!.Schedule!.NextAfter(now);
        _world.Clock.Advance(due - now + TimeSpan.FromMilliseconds(500));
        _world.Nodes.NoteFilesChanged("cp-1");
        _captures.Look();

        _world.Scheduler.Look();
        RunRecord small = Assert.Single(_world.Store.List());
        await _world.CommitAsync(small.Id, Files);
        await _world.OverAsync(small.Id);
        _world.Scheduler.Look();

        Assert.Equal([false, true], _world.Store.List().Select(run => run.AfterChange));
    }

    private async Task<RunRecord> CaptureAsync()
    {
        _world.Nodes.NoteFilesChanged("cp-1");
        _captures.Look();
        RunRecord run = Assert.Single(_world.Store.List());
        await _world.CommitAsync(run.Id, Files);
        return await _world.OverAsync(run.Id);
    }
}
