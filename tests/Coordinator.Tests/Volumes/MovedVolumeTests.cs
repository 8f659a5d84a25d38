using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Ids;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>Pods that leave their node between the beginning of a run and the reading of their volumes.</summary>
public sealed class MovedVolumeTests : TwoWorkers
{
    [Fact]
    public async Task Run_ClaimThatMoved_IsReadWhereItIsNow_AndOnce()
    {
        Cluster.Claim("prod", "data").Pod("prod", "a", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(World.Get(id).Sources).Source;
        Cluster.WithoutPod("a").Pod("prod", "b", "n2", Claimed("d", "data"));
        await World.FailAsync(id, first);

        SourceKey second = first with { Node = "n2" };
        Wire.PodVolume volume = (await World.WorkAsync(id, second)).Work.Backup.Volume.PodVolume.Volume;
        Cluster.WithoutPod("b").Pod("prod", "c", "n1", Claimed("d", "data"));
        await World.FailAsync(id, second);
        RunRecord run = await World.OverAsync(id);

        Assert.Equal(("p-prod-b", "h-c-prod-data"), (volume.PodUid, volume.Handle));
        Assert.Equal((second, SourceState.Failed), (Assert.Single(run.Sources).Source, run.Sources[0].State));
        Assert.Contains("gone prod/b on n2 has it by now and is read instead.", Assert.Single(run.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ClaimThatMoved_IsCompleteWhenReadThere()
    {
        Cluster.Claim("prod", "data").Pod("prod", "a", "n1", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(World.Get(id).Sources).Source;
        Cluster.WithoutPod("a").Pod("prod", "b", "n2", Claimed("d", "data"));
        await World.FailAsync(id, first);
        await World.CommitAsync(id, first with { Node = "n2" });

        Assert.Equal(RunState.Completed, (await World.OverAsync(id)).State);
        Assert.Equal("default", Assert.Single(Assert.Single(World.Repository.Points).Sources).Volume!.Rule);
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
        Cluster.Claim("prod", "data", spec: spec).Pod("prod", "a", "n1", annotations, "Running", Claimed("d", "data"));
        RunId id = Start();
        SourceKey first = Assert.Single(World.Get(id).Sources).Source;
        Cluster.WithoutPod("a");
        if (what == "again")
        {
            Cluster.WithoutClaim("data").Claim("prod", "data", uid: "other");
        }

        if (what != "nowhere")
        {
            Cluster.Pod("prod", "b", "n2", Claimed("d", "data"));
        }

        await World.FailAsync(id, first);

        RunRecord run = await World.OverAsync(id);
        Assert.Equal((first, "gone"), (Assert.Single(run.Sources).Source, run.Sources[0].Failure!.Message));
    }
}
