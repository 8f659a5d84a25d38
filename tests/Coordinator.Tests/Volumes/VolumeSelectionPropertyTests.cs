using FsCheck;
using FsCheck.Fluent;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using PodVolume = K8sBackup.KubernetesApi.Pods.PodVolume;

namespace K8sBackup.Coordinator.Tests.Volumes;

/// <summary>What holds for any cluster and any rules.</summary>
public sealed class VolumeSelectionPropertyTests
{
    private static readonly Gen<PodVolume[]> Volumes = Gen.Choose(0, 4).SelectMany(count => Gen.ArrayOf(
        Gen.OneOf(
            Gen.Choose(0, 5).Select(n => TestCluster.Claimed($"v{n}", $"claim-{n}")),
            Gen.Choose(0, 3).Select(n => TestCluster.Empty($"e{n}")),
            Gen.Choose(0, 3).Select(n => TestCluster.Host($"h{n}", $"/data/{n}")),
            Gen.Constant(new PodVolume { Name = "unknown" })),
        count).Select(volumes => volumes.DistinctBy(v => v.Name).ToArray()));

    private static readonly Gen<(string Namespace, string Node, string Phase, PodVolume[] Volumes)> Pods =
        from ns in Gen.Elements("a", "b")
        from node in Gen.Elements("n1", "n2", "n3", "")
        from phase in Gen.Frequency((4, Gen.Constant("Running")), (1, Gen.Elements("Pending", "Succeeded")))
        from volumes in Volumes
        select (ns, node, phase, volumes);

    private static readonly Gen<VolumeRule> Rules =
        from name in Gen.Choose(0, 9)
        from includes in Gen.Elements(true, false)
        from ns in Gen.Elements("a", "b", "*", "")
        from claims in Gen.Elements("claim-1", "claim-[", "claim*", "")
        from kind in Gen.Elements(PodVolumeKind.HostPath, PodVolumeKind.EmptyDir, PodVolumeKind.Csi, PodVolumeKind.Unknown)
        select new VolumeRule
        {
            Name = $"r{name}",
            Includes = includes,
            Namespaces = ns.Length > 0 ? [ns] : [],
            Claims = claims.Length > 0 ? [claims] : [],
            Kinds = kind == PodVolumeKind.Unknown ? [] : [kind],
        };

    private static readonly Gen<(TestCluster Cluster, VolumePolicy Policy)> Worlds =
        from pods in Gen.ArrayOf(Pods)
        from claims in Gen.Choose(0, 6)
        from rules in Gen.ArrayOf(Rules)
        from takes in Gen.Elements(true, false)
        select (Make(pods, claims), new VolumePolicy(takes, true, rules, true));

    [Fact]
    public void Decide_EveryVolumeAndClaim_IsDecidedExactlyOnce() => Check.QuickThrowOnFailure(Prop.ForAll(Worlds.ToArbitrary(), world =>
    {
        IReadOnlyList<VolumeDecision> decisions = Decide(world);
        IReadOnlyList<VolumeUse> uses = VolumeUses.Of(world.Cluster.State);
        (string, string)[] keys = [.. decisions.Select(d => (d.SourceName, d.Volume.Kind == PodVolumeKind.HostPath && d.Volume.Claim.Length == 0 ? d.Node : ""))];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(uses.Select(u => u.SourceName).Distinct().Order(), decisions.Select(d => d.SourceName).Distinct().Order());
        Assert.All(world.Cluster.State.Claims, claim => Assert.Single(decisions, d => d.Volume.ClaimUid == claim.Metadata.Uid));
    }));

    [Fact]
    public void Decide_WhatIsChosen_CanBeReadAndWhatIsNotSaysWhy() => Check.QuickThrowOnFailure(Prop.ForAll(Worlds.ToArbitrary(), world =>
    {
        foreach (VolumeDecision decision in Decide(world))
        {
            Assert.True(SourceKey.IsName(decision.SourceName));
            Assert.Equal(decision.State == VolumeState.Chosen, decision.Seats.Count > 0);
            Assert.Equal(decision.State == VolumeState.Impossible, decision.Reason.Length > 0);
            Assert.NotEmpty(decision.Rule);
            Assert.Equal(decision.Seats.Count, decision.Seats.Select(s => s.Node).Distinct().Count());
            Assert.All(decision.Seats, seat => Assert.True(seat.IsRunning && seat.Node != "n3" && seat.Volume.Kind != PodVolumeKind.Unknown));
        }
    }));

    [Fact]
    public void Decide_FirstRuleThatMatches_IsTheOneTold() => Check.QuickThrowOnFailure(Prop.ForAll(Worlds.ToArbitrary(), world =>
    {
        foreach (VolumeUse use in VolumeUses.Of(world.Cluster.State))
        {
            VolumeRule? expected = null;
            foreach (VolumeRule rule in world.Policy.Rules)
            {
                expected ??= rule.Matches(use) ? rule : null;
            }

            (bool includes, string name) = VolumeSelection.Verdict(use, world.Policy);
            Assert.Equal((expected?.Includes ?? (world.Policy.TakesClaims && use.Volume.Claim.Length > 0), expected?.Name ?? VolumeSelection.Default), (includes, name));
        }
    }));

    [Fact]
    public void Decide_OrderOfTheApi_ChangesNothing() => Check.QuickThrowOnFailure(Prop.ForAll(Worlds.ToArbitrary(), world =>
    {
        ClusterState state = world.Cluster.State;
        ClusterState reversed = state with { Pods = [.. state.Pods.Reverse()], Claims = [.. state.Claims.Reverse()], Volumes = [.. state.Volumes.Reverse()] };
        Assert.Equal(Decide(world).Select(Text), VolumeSelection.Decide(reversed, world.Policy, HasAgent, _ => true).Select(Text));
    }));

    private static string Text(VolumeDecision d) => $"{d.SourceName} {d.State} {d.Rule} {d.Reason} {d.Node} {string.Join(',', d.Seats.Select(s => s.Node + s.Volume.PodUid))}";

    private static bool HasAgent(string node) => node != "n3";

    private static IReadOnlyList<VolumeDecision> Decide((TestCluster Cluster, VolumePolicy Policy) world) =>
        VolumeSelection.Decide(world.Cluster.State, world.Policy, HasAgent, _ => true);

    private static TestCluster Make((string Namespace, string Node, string Phase, PodVolume[] Volumes)[] pods, int claims)
    {
        TestCluster cluster = new();
        for (int i = 0; i < claims; i++)
        {
            cluster.Claim(i % 2 == 0 ? "a" : "b", $"claim-{i}");
        }

        for (int i = 0; i < pods.Length; i++)
        {
            cluster.Pod(pods[i].Namespace, $"pod-{i}", pods[i].Node, null, pods[i].Phase, pods[i].Volumes);
        }

        return cluster;
    }
}
