using Google.Protobuf;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>Runs whose sources come from pods.</summary>
public sealed class VolumeRunTests : TwoWorkers
{
    [Fact]
    public async Task Run_MountedClaim_HasATaskThatNamesItAndAPointBoundToIt()
    {
        Cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey source = Assert.Single(World.Get(id).Sources).Source;
        Wire.PodVolume volume = (await World.WorkAsync(id, source)).Work.Backup.Volume.PodVolume.Volume;
        await World.CommitAsync(id, source);

        RunRecord run = await World.OverAsync(id);

        Assert.Equal(("n1", SourceKind.Volume), (source.Node, source.Kind));
        Assert.Equal(("p-prod-db-0", "d", Wire.PodVolumeKind.Csi, "h-c-prod-data"), (volume.PodUid, volume.Volume, volume.Kind, volume.Handle));
        Assert.Equal(RunState.Completed, run.State);
        PodVolume bound = Assert.Single(Assert.Single(World.Repository.Points).Sources).Volume!;
        Assert.Equal(("c-prod-data", "v-c-prod-data", "default"), (bound.ClaimUid, bound.PersistentVolumeUid, bound.Rule));
    }

    [Fact]
    public async Task Run_PodWithHooks_IsHeldByThemAndOthersAreNot()
    {
        Cluster.Claim("prod", "data").Claim("shop", "stock").Claim("shop", "none")
            .Pod("prod", "db-0", "n1", new Dictionary<string, string> { ["pre.hook.k8sbackup.dev/command"] = "flush" }, "Running", Claimed("d", "data"))
            .Pod("shop", "web-0", "n2", Claimed("s", "stock"))
            .Pod("free", "x", "n2");
        RunId id = Start("  sources: [{podVolumes: {notMounted: note}}]\n  hooks: [{namespaces: [shop], post: [{command: [resume]}]}]");
        foreach (RunSource source in World.Get(id).Sources)
        {
            await World.CommitAsync(id, source.Source);
        }

        RunRecord run = await World.OverAsync(id);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(["db-0: flush", "web-0: resume"], World.Commands.Log.Order());
        Assert.Equal(2, run.Hooks.Count);
    }

    [Fact]
    public async Task Run_FaultyHookAnnotation_FailsThatPodAlone()
    {
        Cluster.Claim("prod", "data").Claim("prod", "other")
            .Pod("prod", "db-0", "n1", new Dictionary<string, string> { ["pre.hook.k8sbackup.dev/command"] = "[" }, "Running", Claimed("d", "data"))
            .Pod("prod", "web-0", "n1", Claimed("o", "other"));
        RunId id = Start();
        await World.CommitAsync(id, Of(id, "other").Source);
        Assert.Equal(RunState.PartiallyFailed, (await World.OverAsync(id)).State);
        Assert.Equal(FailureCause.HookFailed, Of(id, "data").Failure!.Cause);
        Assert.Contains("pre.hook.k8sbackup.dev/command: a JSON list", Of(id, "data").Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_VolumesToFreeze_HaveTheTimeInTheirTask()
    {
        Cluster.Claim("prod", "data").Claim("prod", "disk", mode: "Block").Pod("prod", "db-0", "n1", Claimed("d", "data"), Claimed("b", "disk"));
        RunId id = Start("  sources: [{podVolumes: {freeze: 90s}}, {volume: {name: srv, path: /srv, freeze: 5m}, nodes: [{names: [n1]}]}]");
        Assert.Equal(90, TaskOf(Of(id, "data")).FreezeSeconds);
        Assert.Equal(300, TaskOf(World.Get(id).Sources.Single(s => s.Volume is null)).FreezeSeconds);
        Assert.Equal(0, TaskOf(Of(id, "disk")).FreezeSeconds);
    }

    [Fact]
    public async Task Run_WhatCannotBeRead_FailsWithTheReasonAndTheRestGoesOn()
    {
        Cluster.Claim("prod", "data").Claim("prod", "idle").Claim("prod", "far").UnboundClaim("prod", "unbound")
            .Pod("prod", "db-0", "n1", Claimed("d", "data"), Claimed("u", "unbound")).Pod("prod", "x", "n9", Claimed("f", "far"));
        RunId id = Start();
        await World.CommitAsync(id, Of(id, "data").Source);

        RunRecord run = await World.OverAsync(id);

        Assert.Equal(RunState.PartiallyFailed, run.State);
        Assert.Equal(4, run.Sources.Count);
        Assert.Contains("No pod mounts it", Of(id, "idle").Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("not bound", Of(id, "unbound").Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("No agent of n9", Of(id, "far").Failure!.Message, StringComparison.Ordinal);
        Assert.All(run.Sources.Where(s => s.Failure is not null), s => Assert.Equal(FailureCause.SourceMissing, s.Failure!.Cause));
        Assert.Equal("no-node", Of(id, "idle").Source.Node);
        Assert.Equal(4, Assert.Single(World.Repository.Points).Sources.Count);
    }

    [Fact]
    public async Task Run_UnmountedClaimsThatAreOnlyNoted_LeaveItCompleted()
    {
        Cluster.Claim("prod", "data").Claim("prod", "idle").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunId id = Start("  sources: [{podVolumes: {notMounted: note}}]");
        await World.CommitAsync(id, Assert.Single(World.Get(id).Sources).Source);

        RunRecord run = await World.OverAsync(id);

        Assert.Equal(RunState.Completed, run.State);
        Assert.Contains("prod/idle is not backed up", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SharedClaimWhoseNodeFails_IsReadByAnother()
    {
        Cluster.Claim("prod", "shared").Pod("prod", "a", "n1", Claimed("s", "shared")).Pod("prod", "b", "n2", Claimed("s", "shared"));
        RunId id = Start();
        RunSource first = Assert.Single(World.Get(id).Sources);
        await World.FailAsync(id, first.Source);
        SourceKey second = first.Source with { Node = first.Source.Node == "n1" ? "n2" : "n1" };
        await World.UntilAsync(() => World.Get(id).Sources[0].Source == second);
        await World.RestartAsync();
        Wire.PodVolume volume = (await World.WorkAsync(id, second)).Work.Backup.Volume.PodVolume.Volume;
        await World.CommitAsync(id, second);

        RunRecord run = await World.OverAsync(id);

        Assert.Equal(second.Node == "n1" ? "p-prod-a" : "p-prod-b", volume.PodUid);
        Assert.Equal(second, Assert.Single(run.Sources).Source);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Contains("is asked instead", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SharedClaimWhoseNodeIsAway_BeginsWithTheOther()
    {
        Cluster.Claim("prod", "shared").Pod("prod", "a", "n1", Claimed("s", "shared")).Pod("prod", "b", "n2", Claimed("s", "shared"));
        string first = Assert.Single(World.Get(Start()).Sources).Source.Node;
        World.Engine.Cancel(World.Store.List()[0].Id, "test");
        await World.OverAsync(World.Store.List()[0].Id);
        World.Disconnect(first);

        Assert.NotEqual(first, Assert.Single(World.Get(Start()).Sources).Source.Node);
    }

    [Fact]
    public void Run_OldView_SaysHowOld()
    {
        Cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        Cluster.Age = TimeSpan.FromMinutes(42);

        RunRecord run = World.Get(Start());

        Assert.Contains("not been heard for 42 minutes", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.False(run.Unmatched);
        Assert.Single(run.Sources);
    }

    [Fact]
    public async Task Run_NothingKnownOfTheCluster_IsNotComplete()
    {
        Cluster.IsKnown = false;
        RunRecord run = await World.OverAsync(Start());
        Assert.Equal(RunState.Failed, run.State);
        Assert.Contains("API has not answered", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_WithoutAnApi_SaysSo()
    {
        BackupPlan plan = World.Plan(Everything);
        ResolvedSources resolved = RunResolver.Resolve(plan, RunId.Create(World.Clock), World.Nodes, World.Clock.GetUtcNow());
        Assert.Contains("section kubernetes", Assert.Single(resolved.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NamespaceThatIsNotThere_IsNoted()
    {
        Cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        RunRecord run = World.Get(Start("  sources: [{podVolumes: {default: exclude, rules: [{include: {namespaces: [gone, prod, x-*]}}]}}]"));

        Assert.Contains("the namespace gone is not there", Assert.Single(run.Notes), StringComparison.Ordinal);
        Assert.True(run.Unmatched);
        Assert.Equal("rule 1", Assert.Single(run.Sources).Volume!.Rule);
    }

    [Fact]
    public void Run_HostPath_NamesItsPath()
    {
        Cluster.Pod("prod", "web", "n1", Host("logs", "/var/log/web/"));
        RunSource source = Assert.Single(World.Get(Start("  sources: [{podVolumes: {rules: [{include: {kinds: [hostPath]}}]}}]")).Sources);
        Assert.Equal("/var/log/web", JsonParser.Default.Parse<Wire.BackupTask>(source.Task).Volume.Path);
    }

    [Fact]
    public void Run_VolumeOfTwoRules_IsOneSource()
    {
        Cluster.Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        Assert.Single(World.Get(Start("  sources: [{podVolumes: {}}, {podVolumes: {name: again}}]")).Sources);
    }

    private RunSource Of(RunId id, string claim) => World.Get(id).Sources.Single(s => s.Volume?.Claim == claim);

    private static Wire.BackupTask TaskOf(RunSource source) => JsonParser.Default.Parse<Wire.BackupTask>(source.Task);
}
