using Google.Protobuf;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>Runs whose sources come from pods.</summary>
public sealed class VolumeRunTests : IAsyncLifetime
{
    private const string Everything = "  sources: [{podVolumes: {}}]\n  nodeWait: 30s";

    private readonly TestCluster _cluster = new();
    private readonly RunWorld _world;

    public VolumeRunTests() => _world = new RunWorld(_cluster);

    public Task InitializeAsync()
    {
        _world.Connect("n1", Role.Worker);
        _world.Connect("n2", Role.Worker);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_MountedClaim_HasATaskThatNamesItAndAPointBoundToIt()
    {
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey source = Assert.Single(_world.Get(id).Sources).Source;
        Wire.PodVolume volume = (await _world.WorkAsync(id, source)).Work.Backup.Volume.PodVolume.Volume;
        await _world.CommitAsync(id, source);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(("n1", SourceKind.Volume), (source.Node, source.Kind));
        Assert.Equal(("p-prod-db-0", "d", Wire.PodVolumeKind.Csi, "h-c-prod-data"), (volume.PodUid, volume.Volume, volume.Kind, volume.Handle));
        Assert.Equal(RunState.Completed, run.State);
        PodVolume bound = Assert.Single(Assert.Single(_world.Repository.Points).Sources).Volume!;
        Assert.Equal(("c-prod-data", "v-c-prod-data", "default"), (bound.ClaimUid, bound.PersistentVolumeUid, bound.Rule));
    }

    [Fact]
    public async Task Run_PodWithHooks_IsHeldByThemAndOthersAreNot()
    {
        _cluster.Claim("prod", "data").Claim("shop", "stock").Claim("shop", "none")
            .Pod("prod", "db-0", "n1", new Dictionary<string, string> { ["pre.hook.k8sbackup.dev/command"] = "flush" }, "Running", Claimed("d", "data"))
            .Pod("shop", "web-0", "n2", Claimed("s", "stock"))
            .Pod("free", "x", "n2");
        RunId id = Start("  sources: [{podVolumes: {notMounted: note}}]\n  hooks: [{namespaces: [shop], post: [{command: [resume]}]}]");
        foreach (RunSource source in _world.Get(id).Sources)
        {
            await _world.CommitAsync(id, source.Source);
        }

        RunRecord run = await _world.OverAsync(id);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(["db-0: flush", "web-0: resume"], _world.Commands.Log.Order());
        Assert.Equal(2, run.Hooks.Count);
    }

    [Fact]
    public async Task Run_FaultyHookAnnotation_FailsThatPodAlone()
    {
        _cluster.Claim("prod", "data").Claim("prod", "other")
            .Pod("prod", "db-0", "n1", new Dictionary<string, string> { ["pre.hook.k8sbackup.dev/command"] = "[" }, "Running", Claimed("d", "data"))
            .Pod("prod", "web-0", "n1", Claimed("o", "other"));
        RunId id = Start();
        await _world.CommitAsync(id, Of(id, "other").Source);
        Assert.Equal(RunState.PartiallyFailed, (await _world.OverAsync(id)).State);
        Assert.Equal(FailureCause.HookFailed, Of(id, "data").Failure!.Cause);
        Assert.Contains("pre.hook.k8sbackup.dev/command: a JSON list", Of(id, "data").Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_VolumesToFreeze_HaveTheTimeInTheirTask()
    {
        _cluster.Claim("prod", "data").Claim("prod", "disk", mode: "Block").Pod("prod", "db-0", "n1", Claimed("d", "data"), Claimed("b", "disk"));
        RunId id = Start("  sources: [{podVolumes: {freeze: 90s}}, {volume: {name: srv, path: /srv, freeze: 5m}, nodes: [{names: [n1]}]}]");
        Assert.Equal(90, TaskOf(Of(id, "data")).FreezeSeconds);
        Assert.Equal(300, TaskOf(_world.Get(id).Sources.Single(s => s.Volume is null)).FreezeSeconds);
        Assert.Equal(0, TaskOf(Of(id, "disk")).FreezeSeconds);
    }

    [Fact]
    public async Task Run_WhatCannotBeRead_FailsWithTheReasonAndTheRestGoesOn()
    {
        _cluster.Claim("prod", "data").Claim("prod", "idle").Claim("prod", "far").UnboundClaim("prod", "unbound")
            .Pod("prod", "db-0", "n1", Claimed("d", "data"), Claimed("u", "unbound")).Pod("prod", "x", "n9", Claimed("f", "far"));
        RunId id = Start();
        await _world.CommitAsync(id, Of(id, "data").Source);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.Equal(4, run.Sources.Count);
        Assert.Contains("No pod mounts it", Of(id, "idle").Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("not bound", Of(id, "unbound").Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("No agent of n9", Of(id, "far").Failure!.Message, StringComparison.Ordinal);
        Assert.All(run.Sources.Where(s => s.Failure is not null), s => Assert.Equal(FailureCause.SourceMissing, s.Failure!.Cause));
        Assert.Equal("no-node", Of(id, "idle").Source.Node);
        Assert.Equal(4, Assert.Single(_world.Repository.Points).Sources.Count);
    }

    [Fact]
    public async Task Run_UnmountedClaimsThatAreOnlyNoted_LeaveItCompleted()
    {
        _cluster.Claim("prod", "data").Claim("prod", "idle").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunId id = Start("  sources: [{podVolumes: {notMounted: note}}]");
        await _world.CommitAsync(id, Assert.Single(_world.Get(id).Sources).Source);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(RunState.Completed, run.State);
        Assert.Contains("prod/idle is not backed up", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SharedClaimWhoseNodeFails_IsReadByAnother()
    {
        _cluster.Claim("prod", "shared").Pod("prod", "a", "n1", Claimed("s", "shared")).Pod("prod", "b", "n2", Claimed("s", "shared"));
        RunId id = Start();
        RunSource first = Assert.Single(_world.Get(id).Sources);
        await _world.FailAsync(id, first.Source);
        SourceKey second = first.Source with { Node = first.Source.Node == "n1" ? "n2" : "n1" };
        await _world.UntilAsync(() => _world.Get(id).Sources[0].Source == second);
        await _world.RestartAsync();
        Wire.PodVolume volume = (await _world.WorkAsync(id, second)).Work.Backup.Volume.PodVolume.Volume;
        await _world.CommitAsync(id, second);

        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(second.Node == "n1" ? "p-prod-a" : "p-prod-b", volume.PodUid);
        Assert.Equal(second, Assert.Single(run.Sources).Source);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Contains("is asked instead", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SharedClaimWhoseNodeIsAway_BeginsWithTheOther()
    {
        _cluster.Claim("prod", "shared").Pod("prod", "a", "n1", Claimed("s", "shared")).Pod("prod", "b", "n2", Claimed("s", "shared"));
        string first = Assert.Single(_world.Get(Start()).Sources).Source.Node;
        _world.Engine.Cancel(_world.Store.List()[0].Id, "test");
        await _world.OverAsync(_world.Store.List()[0].Id);
        _world.Disconnect(first);

        Assert.NotEqual(first, Assert.Single(_world.Get(Start()).Sources).Source.Node);
    }

    [Fact]
    public void Run_OldView_SaysHowOld()
    {
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        _cluster.Age = TimeSpan.FromMinutes(42);

        RunRecord run = _world.Get(Start());

        Assert.Contains("not been heard for 42 minutes", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.False(run.Unmatched);
        Assert.Single(run.Sources);
    }

    [Fact]
    public async Task Run_NothingKnownOfTheCluster_IsNotComplete()
    {
        _cluster.IsKnown = false;
        RunRecord run = await _world.OverAsync(Start());
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("API has not answered", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_WithoutAnApi_SaysSo()
    {
        BackupPlan plan = _world.Plan(Everything);
        ResolvedSources resolved = RunResolver.Resolve(plan, RunId.Create(_world.Clock), _world.Nodes, _world.Clock.GetUtcNow());
        Assert.Contains("section kubernetes", Assert.Single(resolved.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NamespaceThatIsNotThere_IsNoted()
    {
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunRecord run = _world.Get(Start("  sources: [{podVolumes: {default: exclude, rules: [{include: {namespaces: [gone, prod, x-*]}}]}}]"));

        Assert.Contains("the namespace gone is not there", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.True(run.Unmatched);
        Assert.Equal("rule 1", Assert.Single(run.Sources).Volume!.Rule);
    }

    [Fact]
    public void Run_HostPath_NamesItsPath()
    {
        _cluster.Pod("prod", "web", "n1", Host("logs", "/var/log/web/"));
        RunSource source = Assert.Single(_world.Get(Start("  sources: [{podVolumes: {rules: [{include: {kinds: [hostPath]}}]}}]")).Sources);
        Assert.Equal("/var/log/web", JsonParser.Default.Parse<Wire.BackupTask>(source.Task).Volume.Path);
    }

    [Fact]
    public void Run_VolumeOfTwoRules_IsOneSource()
    {
        _cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        Assert.Single(_world.Get(Start("  sources: [{podVolumes: {}}, {podVolumes: {name: again}}]")).Sources);
    }

    private RunId Start(string spec = Everything) => _world.Engine.Start(_world.Plan(spec), "test", "").Run.Id;

    private RunSource Of(RunId id, string claim) => _world.Get(id).Sources.Single(s => s.Volume?.Claim == claim);

    private static Wire.BackupTask TaskOf(RunSource source) => JsonParser.Default.Parse<Wire.BackupTask>(source.Task);
}
