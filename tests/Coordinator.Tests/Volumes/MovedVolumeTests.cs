using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>Pods that leave their node between the beginning of a run and the reading of their volumes.</summary>
public sealed class MovedVolumeTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new();
    private readonly RunWorld _world;

    public MovedVolumeTests() => _world = new RunWorld(_cluster);

    public Task InitializeAsync()
    {
        _world.Connect("n1", Role.Worker);
        _world.Connect("n2", Role.Worker);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Run_ClaimThatMoved_IsReadWhereItIsNow_AndOnce()
    {
        _cluster.Claim("prod", "data").Pod("prod", "a", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(_world.Get(id).Sources).Source;
        _cluster.WithoutPod("a").Pod("prod", "b", "n2", Claimed("d", "data"));
        await _world.FailAsync(id, first);

        SourceKey second = first with { Node = "n2" };
        Wire.PodVolume volume = (await _world.WorkAsync(id, second)).Work.Backup.Volume.PodVolume.Volume;
        _cluster.WithoutPod("b").Pod("prod", "c", "n1", Claimed("d", "data"));
        await _world.FailAsync(id, second);
        RunRecord run = await _world.OverAsync(id);

        Assert.Equal(("p-prod-b", "h-c-prod-data"), (volume.PodUid, volume.Handle));
        Assert.Equal((second, SourceState.Failed), (Assert.Single(run.Sources).Source, run.Sources[0].State));
        Assert.Contains("gone prod/b on n2 has it by now and is read instead.", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ClaimThatMoved_IsCompleteWhenReadThere()
    {
        _cluster.Claim("prod", "data").Pod("prod", "a", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(_world.Get(id).Sources).Source;
        _cluster.WithoutPod("a").Pod("prod", "b", "n2", Claimed("d", "data"));
        await _world.FailAsync(id, first);
        await _world.CommitAsync(id, first with { Node = "n2" });

        Assert.Equal(RunState.Completed, (await _world.OverAsync(id)).State);
        Assert.Equal("default", Assert.Single(Assert.Single(_world.Repository.Points).Sources).Volume!.Rule);
    }

    [Theory]
    [InlineData("nowhere")]
    [InlineData("again")]
    [InlineData("hooked")]
    [InlineData("local")]
    public async Task Run_WhatDidNotMove_FailsWithTheReason(string what)
    {
        PersistentVolumeSpec? spec = what == "local" ? new PersistentVolumeSpec { Local = new LocalVolume { Path = "/srv/x" } } : null;
        Dictionary<string, string> annotations = what == "hooked" ? new() { ["pre.hook.k8sbackup.dev/command"] = "flush" } : [];
        _cluster.Claim("prod", "data", spec: spec).Pod("prod", "a", "n1", annotations, "Running", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(_world.Get(id).Sources).Source;
        _cluster.WithoutPod("a");
        if (what == "again")
        {
            _cluster.WithoutClaim("data").Claim("prod", "data", uid: "other");
        }

        if (what != "nowhere")
        {
            _cluster.Pod("prod", "b", "n2", Claimed("d", "data"));
        }

        await _world.FailAsync(id, first);

        RunRecord run = await _world.OverAsync(id);
        Assert.Equal((first, "gone"), (Assert.Single(run.Sources).Source, run.Sources[0].Failure!.Message));
    }

    private RunId Start() => _world.Engine.Start(_world.Plan("  sources: [{podVolumes: {}}]\n  nodeWait: 30s"), "test", "").Run.Id;
}
