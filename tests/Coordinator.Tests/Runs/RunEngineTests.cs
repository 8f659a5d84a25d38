using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Tests.Runs;

public sealed class RunEngineTests : IAsyncLifetime
{
    private const string TwoVolumes = "  sources: [{volume: {name: a, path: /a}}, {volume: {name: b, path: /b}}]";
    private static readonly SourceKey A = new("w-1", SourceKind.Volume, "a");
    private static readonly SourceKey B = new("w-1", SourceKind.Volume, "b");
    private readonly RunWorld _world = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_EverySourceCompleted_IsCompletedWithARestorePoint()
    {
        _world.Connect("w-1");
        RunId id = Start(TwoVolumes);
        await _world.CommitAsync(id, A);
        await _world.CommitAsync(id, B);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Completed, run.State);
        RestorePointManifest point = Assert.Single(_world.Repository.Points);
        Assert.Equal((run.Point, SnapshotOutcome.Completed, "nightly"), (point.Id, point.Outcome, point.Plan));
        Assert.Equal(2, point.Sources.Count(s => s.Snapshot is not null));
        await _world.UntilAsync(() => _world.Board.OfNode("w-1").Count == 0);
    }

    [Fact]
    public async Task Run_OneSourceFailed_IsPartiallyFailedAndNamesIt()
    {
        _world.Connect("w-1");
        RunId id = Start(TwoVolumes);
        await _world.CommitAsync(id, A);
        await _world.FailAsync(id, B);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        RestorePointManifest point = Assert.Single(_world.Repository.Points);
        Assert.Equal(SnapshotOutcome.PartiallyFailed, point.Outcome);
        Assert.Equal(FailureCause.SourceMissing, point.Sources.Single(s => s.Source == B).Failure!.Cause);
    }

    [Fact]
    public async Task Run_SnapshotWithMissingItems_IsPartiallyFailed()
    {
        _world.Connect("w-1");
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]");
        await _world.CommitAsync(id, A, SnapshotOutcome.PartiallyFailed);
        Assert.Equal(RunState.PartiallyFailed, (await _world.OverAsync(id)).State);
    }

    [Fact]
    public async Task Run_NoSnapshot_IsFailedWithoutARestorePoint()
    {
        _world.Connect("w-1");
        RunId id = Start(TwoVolumes);
        await _world.FailAsync(id, A);
        await _world.FailAsync(id, B);
        Assert.Equal(RunState.Failed, (await _world.OverAsync(id)).State);
        Assert.Empty(_world.Repository.Points);
    }

    [Fact]
    public async Task Run_RuleWithoutNode_IsNeverCompleted()
    {
        _world.Connect("w-1");
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}, {etcd: {}}]");
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.Equal("etcd/etcd: no control-plane node matches, only workers.", Assert.Single(run.Notes));
    }

    [Theory]
    [InlineData("names: [w-1]")]
    [InlineData("names: ['w-*']")]
    [InlineData("roles: [worker]")]
    public async Task Run_WorkerAskedForEtcd_IsADeniedSourceWithTheReason(string selector)
    {
        _world.Connect("cp-1", Role.ControlPlane);
        _world.Connect("w-1");
        RunId id = Start($"  sources: [{{etcd: {{}}, nodes: [{{{selector}}}]}}, {{controlPlane: {{}}, nodes: [{{{selector}}}]}}, {{volume: {{name: a, path: /a}}, nodes: [{{names: [w-1]}}]}}]");
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.StartsWith("The recovery set is incomplete: There is no snapshot of etcd to rely on.", Assert.Single(run.Notes), StringComparison.Ordinal);
        foreach (RunSource denied in run.Sources.Where(s => s.Source.Kind != SourceKind.Volume))
        {
            Assert.Equal((SourceState.Failed, FailureCause.PermissionDenied), (denied.State, denied.Failure!.Cause));
            Assert.Contains("w-1 is enrolled as a worker", denied.Failure.Message, StringComparison.Ordinal);
            Assert.Null(_world.Board.Find(WorkIds.ForBackup(id, denied.Source)));
        }

        Assert.Equal(3, run.Sources.Count);
        Assert.Equal(2, Assert.Single(_world.Repository.Points).Sources.Count(s => s.Failure?.Cause == FailureCause.PermissionDenied));
    }

    [Theory]
    [InlineData("labels: {zone: a}")]
    [InlineData("names: [cp-1, w-1]")]
    public void Resolve_SelectorsOfThePlanThatAlsoMeetWorkers_PassThemOver(string selector)
    {
        _world.Connect("cp-1", Role.ControlPlane, ("zone", "a"));
        _world.Connect("w-1", Role.Worker, ("zone", "a"));
        BackupPlan plan = _world.Plan($"  nodes: [{{{selector}}}]\n  sources: [{{etcd: {{}}}}]");
        ResolvedSources resolved = RunResolver.Resolve(plan, RunId.Create(_world.Clock), _world.Nodes, _world.Clock.GetUtcNow());
        Assert.Equal("etcd/etcd@cp-1", Assert.Single(resolved.Sources).Source.ToString());
        Assert.Empty(resolved.Notes);
    }

    [Fact]
    public async Task Run_NoNodesAtAll_IsFailedWithANote()
    {
        RunRecord run = await _world.OverAsync(Start(TwoVolumes));
        Assert.Equal(RunState.Failed, run.State);
        Assert.Equal(2, run.Notes.Count);
    }

    [Fact]
    public void Resolve_SeveralControlPlaneNodes_OneEtcdAndAllFiles()
    {
        _world.Connect("cp-1", Role.ControlPlane);
        _world.Connect("cp-2", Role.ControlPlane);
        _world.Connect("w-1");
        _world.Disconnect("cp-1");
        BackupPlan plan = _world.Plan("  sources: [{etcd: {}}, {controlPlane: {}}, {volume: {name: a, path: /a}, nodes: [{names: ['w-*', w-9]}]}]");
        ResolvedSources resolved = RunResolver.Resolve(plan, RunId.Create(_world.Clock), _world.Nodes, _world.Clock.GetUtcNow());
        Assert.Equal(
            ["etcd/etcd@cp-2", "control-plane/files@cp-1", "control-plane/files@cp-2", "volume/a@w-1"],
            resolved.Sources.Select(s => s.Source.ToString()));
        Assert.Equal("volume/a: the node w-9 has never enrolled.", Assert.Single(resolved.Notes));
    }

    [Fact]
    public void Resolve_Labels_ChooseNodes()
    {
        _world.Connect("w-1", Role.Worker, ("zone", "a"));
        _world.Connect("w-2", Role.Worker, ("zone", "b"));
        BackupPlan plan = _world.Plan("  nodes: [{labels: {zone: b}}]\n  sources: [{volume: {name: a, path: /a}}]");
        Assert.Equal("w-2", Assert.Single(RunResolver.Resolve(plan, RunId.Create(_world.Clock), _world.Nodes, _world.Clock.GetUtcNow()).Sources).Source.Node);
    }

    [Fact]
    public async Task Run_NodeNotConnected_WaitsThenFailsThatSource()
    {
        _world.Connect("w-1");
        _world.Connect("w-2");
        _world.Disconnect("w-2");
        RunId id = Start("  nodeWait: 60s\n  sources: [{volume: {name: a, path: /a}}]");
        DateTimeOffset started = _world.Clock.GetUtcNow();
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);
        RunSource failed = run.Sources.Single(s => s.Source.Node == "w-2");
        Assert.Equal(FailureCause.NodeUnavailable, failed.Failure!.Cause);
        Assert.Equal("volume/a@w-2", failed.Failure.Source);
        Assert.InRange(failed.FinishedAt!.Value - started, TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(5));
        Assert.Equal(RunState.PartiallyFailed, run.State);
    }

    [Theory]
    [InlineData(-3650, false)]
    [InlineData(3650, true)]
    public async Task Run_ClockJumpsWhileANodeIsAway_NeitherWaitsForYearsNorGivesItUpAtOnce(int days, bool comesBack)
    {
        _world.Connect("w-1");
        _world.Disconnect("w-1");
        RunId id = Start("  nodeWait: 60s\n  sources: [{volume: {name: a, path: /a}}]");
        _world.Clock.Jump(TimeSpan.FromDays(days));
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        if (comesBack)
        {
            _world.Connect("w-1");
            await _world.CommitAsync(id, A);
        }

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(comesBack ? null : FailureCause.NodeUnavailable, run.Sources.Single().Failure?.Cause);
        Assert.Equal(comesBack ? RunState.Completed : RunState.Failed, run.State);
    }

    [Fact]
    public async Task Run_NodeComesBackInTime_IsBackedUp()
    {
        _world.Connect("w-1");
        _world.Disconnect("w-1");
        RunId id = Start("  nodeWait: 60s\n  sources: [{volume: {name: a, path: /a}}]");
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        _world.Connect("w-1");
        await _world.CommitAsync(id, A);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
    }

    [Fact]
    public async Task Run_NodeGoesAwayForGoodWhileWorking_FailsTheSource()
    {
        _world.Connect("w-1");
        RunId id = Start("  nodeWait: 60s\n  sources: [{volume: {name: a, path: /a}}]");
        await _world.WorkAsync(id, A);
        _world.Disconnect("w-1");
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(FailureCause.NodeUnavailable, run.Sources.Single().Failure!.Cause);
    }

    [Fact]
    public async Task Run_ManySources_KeepsTheBoundsOfRunAndNode()
    {
        _world.Connect("w-1");
        _world.Connect("w-2");
        RunId id = Start("  maxConcurrent: 3\n" + TwoVolumes.Replace("]", ", {volume: {name: c, path: /c}}]", StringComparison.Ordinal));
        int Running() => _world.Get(id).Sources.Count(s => s.State == SourceState.Running);
        await _world.UntilAsync(() => Running() == 3);
        _world.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, Running());
        Assert.All(new[] { "w-1", "w-2" }, node => Assert.InRange(_world.Board.OfNode(node).Count, 1, 2));
        foreach (RunSource source in _world.Get(id).Sources)
        {
            await _world.CommitAsync(id, source.Source);
            Assert.InRange(Running(), 0, 3);
        }

        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
    }

    [Fact]
    public async Task Cancel_RunningAndWaiting_EndsBothAndKeepsWhatIsDone()
    {
        _world.Connect("w-1");
        RunId id = Start("  maxConcurrent: 2\n" + TwoVolumes.Replace("]", ", {volume: {name: c, path: /c}}]", StringComparison.Ordinal));
        await _world.CommitAsync(id, A);
        await _world.UntilAsync(() => _world.Get(id).Sources[0].IsOver);
        WorkItem b = await _world.WorkAsync(id, B);
        _world.Engine.Cancel(id, "alice");
        await _world.UntilAsync(() => b.Cancellation.IsCancellationRequested);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Cancelled, run.State);
        Assert.Equal(FailureCause.Cancelled, run.Sources[1].Failure!.Cause);
        RestorePointManifest point = Assert.Single(_world.Repository.Points);
        Assert.Equal(SnapshotOutcome.PartiallyFailed, point.Outcome);
        Assert.Contains("alice", Assert.Single(point.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_RunningWork_KeepsItsIdAndFindsWhatWasCommittedMeanwhile()
    {
        _world.Connect("w-1");
        RunId id = Start(TwoVolumes);
        string before = (await _world.WorkAsync(id, A)).WorkId;
        await _world.WorkAsync(id, B);
        await _world.UntilAsync(() => _world.Get(id).Sources.All(s => s.State == SourceState.Running));
        _world.Repository.Commit(id, B);
        await _world.RestartAsync();
        Assert.Equal(before, _world.Board.OfNode("w-1").Single().WorkId);
        Assert.Equal(SourceState.Completed, _world.Get(id).Sources[1].State);
        await _world.CommitAsync(id, A);
        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Single(_world.Repository.Points);
    }

    [Fact]
    public async Task Restart_AfterTheRunIsOver_ChangesNothing()
    {
        _world.Connect("w-1");
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]");
        await _world.CommitAsync(id, A);
        RunRecord over = await _world.OverAsync(id);
        await _world.RestartAsync();
        Assert.Equal(over.Point, _world.Get(id).Point);
        Assert.Equal(over.Sources.Single().Snapshot, _world.Get(id).Sources.Single().Snapshot);
        Assert.Single(_world.Repository.Points);
    }

    [Fact]
    public async Task Commit_StoreUnavailableForAWhile_IsRepeatedWithTheSameId()
    {
        _world.Connect("w-1");
        _world.Repository.RefuseCommits(3);
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]");
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(run.Point, Assert.Single(_world.Repository.Points).Id);
    }

    [Fact]
    public async Task Commit_StoreStaysUnavailable_FailsTheRunWithTheCause()
    {
        _world.Connect("w-1");
        _world.Repository.RefuseCommits(1000);
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]");
        await _world.CommitAsync(id, A);
        await _world.Clock.AdvanceUntilAsync(() => _world.Get(id).IsOver, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        RunRecord run = _world.Get(id);
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("The store does not answer.", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_ThatWantsItsPointsImmutable_KeepsWhatTheyNeedAndThenTheirManifests()
    {
        _world.Connect("w-1");
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]\n  immutableFor: 30d");
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(2, _world.Repository.Kept.Count);
        Assert.All(_world.Repository.Kept, k => Assert.Equal(TimeSpan.FromDays(30), k.Time));
        Assert.Equal([run.Sources[0].Snapshot!.Value], _world.Repository.Kept.First().Snapshots);
        Assert.Null(_world.Repository.Kept.First().Point);
        Assert.Equal(run.Point, _world.Repository.Kept.Last().Point);
    }

    [Fact]
    public async Task Plan_ThatWantsItsPointsImmutableOnAStoreThatKeepsNothing_HasAPointThatSaysSo()
    {
        _world.Connect("w-1");
        _world.Repository.KeepsNot = "no object lock";
        RunId id = Start("  sources: [{volume: {name: a, path: /a}}]\n  immutableFor: 30d");
        await _world.CommitAsync(id, A);
        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.PartiallyFailed, run.State);
        RestorePointManifest point = Assert.Single(_world.Repository.Points);
        Assert.Equal(SnapshotOutcome.PartiallyFailed, point.Outcome);
        Assert.Contains("no object lock", Assert.Single(point.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_SameRequestTwice_IsOneRun()
    {
        BackupPlan plan = _world.Plan(TwoVolumes);
        _world.Connect("w-1");
        RunId first = _world.Engine.Start(plan, "alice", "r1").Run.Id;
        RunStart again = _world.Engine.Start(plan, "alice", "r1");
        Assert.Equal((first, false), (again.Run.Id, again.Conflict));
        RunStart other = _world.Engine.Start(plan, "alice", "r2");
        Assert.Equal((first, true), (other.Run.Id, other.Conflict));
    }

    [Fact]
    public async Task Store_ManyFinishedRuns_KeepsTheNewest()
    {
        BackupPlan plan = _world.Plan(TwoVolumes);
        List<RunId> ids = [];
        for (int i = 0; i < 13; i++)
        {
            ids.Add(_world.Engine.Start(plan, "alice", "").Run.Id);
            await _world.OverAsync(ids[i]);
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await _world.UntilAsync(() => _world.Store.List().Count == 10);
        Assert.Equal(ids.TakeLast(10).Reverse(), _world.Store.List().Select(r => r.Id));
    }

    private RunId Start(string spec) => _world.Engine.Start(_world.Plan(spec), "alice", "").Run.Id;
}
