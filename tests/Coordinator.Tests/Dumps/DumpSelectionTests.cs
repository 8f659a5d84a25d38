using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Tests.Volumes;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Dumps;

/// <summary>Which pods are dumped, under which name, and why not.</summary>
public sealed class DumpSelectionTests
{
    private static readonly DumpCommand Dump = new(new HookCommand("", ["dump"], TimeSpan.FromMinutes(1), HookErrorMode.Fail), "all.sql");
    private readonly TestCluster _cluster = new();

    [Fact]
    public void Decide_Conditions_MustAllHold()
    {
        _cluster.Add(Pod("shop", "pg-0")).Add(Pod("shop", "web-0")).Add(Pod("test", "pg-0"));
        DumpPolicy policy = new() { Command = Dump, Namespaces = ["sh*"], Pods = ["pg-*"], Labels = new Dictionary<string, string> { ["app"] = "pg?0" } };
        DumpSeat seat = Assert.Single(Assert.Single(Decide(policy)).Seats);
        Assert.Equal((new PodReference("shop", "pg-0", "u-shop-pg-0"), "all.sql"), (seat.Dump.Pod, seat.Dump.File));
        Assert.Equal(("shop", "pg-0", "u-shop-pg-0", PodVolumeKind.CommandOutput, "orders"), (seat.Volume.Namespace, seat.Volume.Pod, seat.Volume.PodUid, seat.Volume.Kind, seat.Volume.Volume));
        Assert.Empty(Decide(policy with { Labels = new Dictionary<string, string> { ["app"] = "pg-0", ["tier"] = "db" } }));
    }

    [Fact]
    public void Decide_PodsOfADeployment_AreOneSourceWhateverTheirNames()
    {
        _cluster.Add(Owned("shop", "pg-7d4b-x", "ReplicaSet", "pg-7d4b", "7d4b")).Add(Owned("shop", "pg-7d4b-a", "ReplicaSet", "pg-7d4b", "7d4b"));
        DumpDecision now = Assert.Single(Decide(new DumpPolicy { Command = Dump }));
        Assert.Equal(["pg-7d4b-a", "pg-7d4b-x"], now.Seats.Select(s => s.Dump.Pod.Name));
        TestCluster later = new TestCluster().Add(Owned("shop", "pg-99ff-q", "ReplicaSet", "pg-99ff", "99ff"));
        Assert.Equal(now.SourceName, Assert.Single(DumpSelection.Decide(later.State, "orders", new DumpPolicy { Command = Dump }, _ => true)).SourceName);
        Assert.StartsWith("dump.shop.pg.orders.", now.SourceName, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_PodsOfAStatefulSet_AreSourcesOfTheirOwnUnlessTheyHoldTheSame()
    {
        _cluster.Add(Owned("shop", "pg-0", "StatefulSet", "pg")).Add(Owned("shop", "pg-1", "StatefulSet", "pg"));
        Assert.Equal(2, Decide(new DumpPolicy { Command = Dump }).Count);
        DumpDecision one = Assert.Single(Decide(new DumpPolicy { Command = Dump, OneOfOwner = true }));
        Assert.Equal(["pg-0", "pg-1"], one.Seats.Select(s => s.Dump.Pod.Name));
    }

    [Fact]
    public void Decide_PodsOfADaemonSet_AreOfTheirNodes()
    {
        _cluster.Add(Owned("kube", "agent-x", "DaemonSet", "agent") with { Spec = Spec("n1") }).Add(Owned("kube", "agent-y", "DaemonSet", "agent") with { Spec = Spec("n2") });
        string[] names = [.. Decide(new DumpPolicy { Command = Dump }).Select(d => d.SourceName)];
        Assert.Contains(names, name => name.StartsWith("dump.kube.agent.n1.orders.", StringComparison.Ordinal));
        Assert.Equal(2, names.Distinct().Count());
    }

    [Fact]
    public void Decide_OneThatIsReady_GoesFirst()
    {
        _cluster.Add(Owned("shop", "pg-0", "StatefulSet", "pg") with { Status = Running(ready: "False") }).Add(Owned("shop", "pg-1", "StatefulSet", "pg") with { Status = Running(ready: "True") });
        Assert.Equal(["pg-1", "pg-0"], Assert.Single(Decide(new DumpPolicy { Command = Dump, OneOfOwner = true })).Seats.Select(s => s.Dump.Pod.Name));
    }

    [Fact]
    public void Decide_WhatCannotBeAsked_SaysWhyAndWhatIsOverIsNotAsked()
    {
        _cluster.Add(Pod("shop", "pending") with { Status = new PodStatus { Phase = "Pending" } })
            .Add(Pod("shop", "done") with { Status = new PodStatus { Phase = "Succeeded" } })
            .Add(Leaving("leaving"));
        IReadOnlyList<DumpDecision> decisions = Decide(new DumpPolicy { Command = Dump });
        Assert.Equal(
            ["The pod shop/leaving does not run (being deleted).", "The pod shop/pending does not run (Pending)."],
            decisions.Select(d => d.Reason).Order(StringComparer.Ordinal));
        Assert.All(decisions, d => Assert.Equal(FailureCause.SourceMissing, d.Cause));
    }

    [Fact]
    public void Decide_UnknownContainer_IsAFaultThatNamesThoseThereAre()
    {
        _cluster.Add(Pod("shop", "pg-0"));
        DumpPolicy policy = new() { Command = Dump with { Command = Dump.Command with { Container = "side" } } };
        Assert.Equal("The pod shop/pg-0 has no container 'side', only db.", Assert.Single(Decide(policy)).Reason);
    }

    [Fact]
    public void Decide_Annotations_AreWhatIsRunWhenThePlanNamesNothing()
    {
        _cluster.Add(Annotated("a", ("command", """["pg_dump", "-Fc"]"""), ("container", "db"), ("timeout", "1h30m"), ("file", "a.dump")))
            .Add(Annotated("b", ("command", "dumpall"))).Add(Pod("shop", "c"));
        IReadOnlyList<DumpDecision> decisions = Decide(new DumpPolicy());
        Assert.Equal(2, decisions.Count);
        PodDump a = decisions.Single(d => d.Volume.Pod == "a").Seats[0].Dump;
        Assert.Equal(["pg_dump", "-Fc"], a.Command.Command);
        Assert.Equal(("db", TimeSpan.FromMinutes(90), "a.dump"), (a.Command.Container, a.Command.Timeout, a.File));
        PodDump b = decisions.Single(d => d.Volume.Pod == "b").Seats[0].Dump;
        Assert.Equal(("dumpall", "", TimeSpan.FromHours(4), "dump"), (Assert.Single(b.Command.Command), b.Command.Container, b.Command.Timeout, b.File));
        // A plan that names a command runs that one.
        Assert.All(Decide(new DumpPolicy { Command = Dump }), d => Assert.Equal(["dump"], d.Seats[0].Dump.Command.Command));
    }

    [Theory]
    [InlineData("command", "[1]", "k8sbackup.dev/dump-command: a JSON list of texts or one word is expected.")]
    [InlineData("timeout", "soon", "k8sbackup.dev/dump-timeout: 'soon' is no time of 00:00:01 to 7.00:00:00, such as 90s or 2h30m.")]
    [InlineData("timeout", "200h", "k8sbackup.dev/dump-timeout: '200h' is no time")]
    [InlineData("file", "../x", "k8sbackup.dev/dump-file: a file's name without '/' is expected.")]
    public void Decide_FaultyAnnotation_IsAFaultAndNothingIsGuessed(string key, string value, string fault)
    {
        _cluster.Add(key == "command" ? Annotated("a", (key, value)) : Annotated("a", ("command", "x"), (key, value)));
        DumpDecision decision = Assert.Single(Decide(new DumpPolicy()));
        Assert.Empty(decision.Seats);
        Assert.Equal(FailureCause.HookFailed, decision.Cause);
        Assert.Contains(fault, decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_NodesThePlanIsNotFor_AreLeftAlone()
    {
        _cluster.Add(Pod("shop", "pg-0") with { Spec = Spec("n1") }).Add(Pod("shop", "pg-1") with { Spec = Spec("n2") });
        DumpDecision decision = Assert.Single(DumpSelection.Decide(_cluster.State, "orders", new DumpPolicy { Command = Dump }, node => node == "n2"));
        Assert.Equal("pg-1", decision.Volume.Pod);
    }

    private IReadOnlyList<DumpDecision> Decide(DumpPolicy policy) => DumpSelection.Decide(_cluster.State, "orders", policy, _ => true);

    private static Pod Pod(string ns, string name) => new()
    {
        Metadata = new ObjectMeta { Namespace = ns, Name = name, Uid = $"u-{ns}-{name}", Labels = new Dictionary<string, string> { ["app"] = name } },
        Spec = Spec("n1"),
        Status = Running(ready: "True"),
    };

    private static PodSpec Spec(string node) => new() { NodeName = node, Containers = [new Container { Name = "db" }] };

    private static PodStatus Running(string ready) => new() { Phase = "Running", Conditions = [new PodCondition { Type = "Ready", Status = ready }] };

    private static Pod Owned(string ns, string name, string kind, string owner, string hash = "")
    {
        Pod pod = Pod(ns, name);
        return pod with
        {
            Metadata = pod.Metadata with
            {
                OwnerReferences = [new OwnerReference { Kind = kind, Name = owner, Controller = true }],
                Labels = new Dictionary<string, string> { ["pod-template-hash"] = hash },
            },
        };
    }

    private static Pod Leaving(string name)
    {
        Pod pod = Pod("shop", name);
        return pod with { Metadata = pod.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } };
    }

    private static Pod Annotated(string name, params (string Key, string Value)[] annotations)
    {
        Pod pod = Pod("shop", name);
        return pod with { Metadata = pod.Metadata with { Annotations = annotations.ToDictionary(a => "k8sbackup.dev/dump-" + a.Key, a => a.Value) } };
    }
}
