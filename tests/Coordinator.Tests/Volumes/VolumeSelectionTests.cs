using System.Text;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;
using PodVolume = K8sBackup.KubernetesApi.Pods.PodVolume;

namespace K8sBackup.Coordinator.Tests.Volumes;

public sealed class VolumeSelectionTests
{
    private static readonly VolumePolicy OptOut = new(true, true, [], true);
    private static readonly VolumePolicy OptIn = new(false, true, [], true);

    [Fact]
    public void Decide_MountedClaim_IsChosenWithItsWholeIdentity()
    {
        VolumeDecision decision = One(new TestCluster().Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data")), OptOut);

        Assert.Equal((VolumeState.Chosen, "default", "n1"), (decision.State, decision.Rule, decision.Node));
        Assert.StartsWith("pvc.prod.data.", decision.SourceName, StringComparison.Ordinal);
        Model.Manifests.PodVolume volume = Assert.Single(decision.Seats).Volume;
        Assert.Equal(("p-prod-db-0", "c-prod-data", "v-c-prod-data"), (volume.PodUid, volume.ClaimUid, volume.PersistentVolumeUid));
        Assert.Equal((PodVolumeKind.Csi, "csi.example", "h-c-prod-data", "fast"), (volume.Kind, volume.Driver, volume.Handle, volume.StorageClass));
    }

    [Fact]
    public void Decide_OptIn_TakesNothingByItself() =>
        Assert.Equal(VolumeState.Excluded, One(new TestCluster().Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data")), OptIn).State);

    [Theory]
    [InlineData("k8sbackup.dev/volumes", "d,x", true, VolumeState.Chosen)]
    [InlineData("backup.velero.io/backup-volumes", " x , d ", true, VolumeState.Chosen)]
    [InlineData("backup.velero.io/backup-volumes", "other", true, VolumeState.Excluded)]
    [InlineData("k8sbackup.dev/exclude-volumes", "d", false, VolumeState.Excluded)]
    [InlineData("backup.velero.io/backup-volumes-excludes", "*", false, VolumeState.Excluded)]
    public void Decide_Annotations_DecideBeforeRules(string annotation, string names, bool optIn, VolumeState state)
    {
        TestCluster cluster = new TestCluster().Claim("prod", "data")
            .Pod("prod", "db-0", "n1", new Dictionary<string, string> { [annotation] = names }, "Running", Claimed("d", "data"));
        VolumeDecision decision = One(cluster, optIn ? OptIn : OptOut);

        Assert.Equal(state, decision.State);
        Assert.Equal(names == "other" ? "default" : $"annotation {annotation}", decision.Rule);
        Assert.Equal("default", One(cluster, (optIn ? OptIn : OptOut) with { Annotations = false }).Rule);
    }

    [Fact]
    public void Decide_FirstMatchingRule_Wins()
    {
        VolumeRule no = new() { Name = "no", Includes = false, Claims = ["da*"] };
        VolumeRule yes = new() { Name = "yes", Includes = true, Namespaces = ["prod"] };
        TestCluster cluster = new TestCluster().Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));

        Assert.Equal((VolumeState.Excluded, "no"), StateAndRule(One(cluster, OptIn with { Rules = [no, yes] })));
        Assert.Equal((VolumeState.Chosen, "yes"), StateAndRule(One(cluster, OptIn with { Rules = [yes, no] })));
    }

    [Fact]
    public void Matches_EveryCondition_Counts()
    {
        VolumeUse use = Assert.Single(VolumeUses.Of(new TestCluster().Claim("prod", "data", size: "10Gi").Pod("prod", "db-0", "n1", Claimed("d", "data")).State));
        VolumeRule rule = new()
        {
            Name = "r",
            Includes = true,
            Namespaces = ["p*"],
            NamespaceLabels = new Dictionary<string, string> { ["ns"] = "prod" },
            PodLabels = new Dictionary<string, string> { ["app"] = "db-*" },
            ClaimLabels = new Dictionary<string, string> { ["claim"] = "data" },
            Claims = ["data"],
            Volumes = ["d"],
            StorageClasses = ["fast"],
            Kinds = [PodVolumeKind.Csi],
            SizeMin = 10L << 30,
            SizeMax = 10L << 30,
        };
        Assert.True(rule.Matches(use));
        VolumeRule[] others =
        [
            rule with { Namespaces = ["dev"] }, rule with { NamespaceLabels = new Dictionary<string, string> { ["ns"] = "x" } },
            rule with { PodLabels = new Dictionary<string, string> { ["none"] = "*" } }, rule with { ClaimLabels = new Dictionary<string, string> { ["claim"] = "x" } },
            rule with { Claims = ["x"] }, rule with { Volumes = ["x"] }, rule with { StorageClasses = ["slow"] }, rule with { Kinds = [PodVolumeKind.Nfs] },
            rule with { SizeMin = (10L << 30) + 1 }, rule with { SizeMax = 1 },
        ];
        Assert.DoesNotContain(others, other => other.Matches(use));
    }

    [Fact]
    public void Decide_ScratchSpaceAndDirectoriesOfNodes_AreTakenOnlyWhenKindsSaySo()
    {
        TestCluster cluster = new TestCluster().Pod("prod", "web", "n1", Empty("cache"), Host("logs", "/var/log"));
        VolumeRule all = new() { Name = "all", Includes = true, Namespaces = ["prod"] };
        VolumeRule kinds = new() { Name = "kinds", Includes = true, Kinds = [PodVolumeKind.HostPath, PodVolumeKind.EmptyDir] };

        Assert.All(Decide(cluster, OptOut with { Rules = [all] }), d => Assert.Equal(VolumeState.Excluded, d.State));
        Assert.All(Decide(cluster, OptIn with { Rules = [all, kinds] }), d => Assert.Equal((VolumeState.Chosen, "kinds"), StateAndRule(d)));
    }

    [Fact]
    public void Decide_SecretsAndTheLike_AreNeverRead()
    {
        TestCluster cluster = new TestCluster().Pod(
            "prod", "web", "n1",
            new PodVolume { Name = "s", Secret = new SecretVolume() }, new PodVolume { Name = "c", ConfigMap = new ConfigMapVolume() },
            new PodVolume { Name = "p", Projected = new ProjectedVolume() }, new PodVolume { Name = "d", DownwardAPI = new DownwardApiVolume() },
            new PodVolume { Name = "v", Csi = new CsiInlineVolume { Driver = "secrets-store.csi.k8s.io" } });
        VolumeRule all = new() { Name = "all", Includes = true, Kinds = Enum.GetValues<PodVolumeKind>() };

        IReadOnlyList<VolumeDecision> decisions = Decide(cluster, OptOut with { Rules = [all] });

        Assert.Equal(5, decisions.Count);
        Assert.All(decisions, d => Assert.Equal(VolumeState.NeverRead, d.State));
    }

    [Theory]
    [InlineData("missing", "is not there")]
    [InlineData("pending", "is not bound")]
    [InlineData("lost", "persistent volume pvc-c-prod-lost is not there")]
    [InlineData("idle", "No pod mounts it")]
    [InlineData("waiting", "not scheduled")]
    [InlineData("starting", "does not run")]
    [InlineData("alone", "No agent of n9")]
    public void Decide_WhatCannotBeRead_SaysWhy(string claim, string reason)
    {
        TestCluster cluster = new TestCluster()
            .Claim("prod", "lost").Forget("pvc-c-prod-lost").Claim("prod", "idle").Claim("prod", "waiting").Claim("prod", "starting").Claim("prod", "alone")
            .UnboundClaim("prod", "pending")
            .Pod("prod", "a", "n1", Claimed("x", "missing"), Claimed("y", "pending"), Claimed("z", "lost"))
            .Pod("prod", "done", "n1", null, "Succeeded", Claimed("x", "idle"))
            .Pod("prod", "b", "", null, "Pending", Claimed("x", "waiting"))
            .Pod("prod", "c", "n1", null, "Pending", Claimed("x", "starting"))
            .Pod("prod", "d", "n9", Claimed("x", "alone"));

        VolumeDecision decision = Decide(cluster, OptOut).Single(d => d.Volume.Claim == claim);

        Assert.Equal(VolumeState.Impossible, decision.State);
        Assert.Contains(reason, decision.Reason, StringComparison.Ordinal);
        Assert.Equal(claim is "idle" or "waiting" or "starting", decision.IsUnmounted);
    }

    [Theory]
    [InlineData("flexVolume", "example.com/nas")]
    [InlineData("azureFile", "kubernetes.io/azure-file")]
    [InlineData("rbd", "kubernetes.io/rbd")]
    public void Decide_PluginOfTheNode_IsCalledAsTheKubeletDoes(string field, string plugin)
    {
        PersistentVolumeSpec spec = KubernetesTypes.PersistentVolumes.Read(
            Encoding.UTF8.GetBytes($$$"""{"spec": {"{{{field}}}": {"driver": "example.com/nas", "fsType": "ext4"} } }""")).Spec;
        Model.Manifests.PodVolume volume = One(new TestCluster().Claim("prod", "data", spec: spec).Pod("prod", "db-0", "n1", Claimed("d", "data")), OptOut).Volume;
        Assert.Equal((PodVolumeKind.InTree, plugin), (volume.Kind, volume.Driver));
    }

    [Fact]
    public void Decide_HostPathThatIsAFile_IsNotPossible() => Assert.Contains(
        "no directory", One(new TestCluster().Pod("prod", "web", "n1", Host("l", "/run/x.sock", "Socket")), OptOut with { Rules = [HostPaths] }).Reason, StringComparison.Ordinal);

    [Fact]
    public void Decide_HostPathOfSeveralPods_IsOneSourceANode()
    {
        TestCluster cluster = new TestCluster().Pod("a", "x", "n1", Host("l", "/var/log")).Pod("b", "y", "n1", Host("m", "/var/log/")).Pod("b", "z", "n2", Host("m", "/var/log"));
        IReadOnlyList<VolumeDecision> decisions = Decide(cluster, OptOut with { Rules = [HostPaths] });

        Assert.Equal(["n1", "n2"], decisions.Select(d => d.Node));
        Assert.StartsWith("hostpath.var-log.", Assert.Single(decisions.Select(d => d.SourceName).Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_ClaimOfSeveralPods_IsReadOnceAndByAnotherNodeIfNeedBe()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "shared");
        foreach (string node in (string[])["n1", "n2", "n3"])
        {
            cluster.Pod("prod", $"a-{node}", node, Claimed("s", "shared")).Pod("prod", $"b-{node}", node, Claimed("s", "shared"));
        }

        VolumeDecision decision = One(cluster, OptOut);

        Assert.Equal(["n1", "n2", "n3"], decision.Seats.Select(s => s.Node).Order());
        Assert.All(decision.Seats, seat => Assert.EndsWith(seat.Node, seat.Volume.Pod, StringComparison.Ordinal));
        // Without one of the later nodes the first stays.
        string last = decision.Seats[2].Node;
        Assert.Equal(decision.Node, VolumeSelection.Decide(cluster.State, OptOut, node => node != last, _ => true).Single().Node);
    }

    [Fact]
    public void Decide_ClaimMadeAgainUnderItsName_IsAnotherSource()
    {
        string Name(string uid) => One(new TestCluster().Claim("prod", "data", uid).Pod("prod", "db", "n1", Claimed("d", "data")), OptOut).SourceName;

        Assert.NotEqual(Name("u1"), Name("u2"));
        Assert.Equal(Name("u1"), Name("u1"));
        Assert.True(SourceKey.IsName(Name("u1")));
    }

    [Fact]
    public void Decide_NodeThePlanIsNotFor_IsExcludedByThat()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "data").Pod("prod", "db-0", "n1", Claimed("d", "data"));
        VolumeDecision decision = Assert.Single(VolumeSelection.Decide(cluster.State, OptOut, _ => true, node => node != "n1"));
        Assert.Equal((VolumeState.Excluded, VolumeSelection.Nodes), StateAndRule(decision));
    }

    [Fact]
    public void Of_LongNames_StayWithinASourceName()
    {
        Model.Manifests.PodVolume volume = new() { Namespace = new string('n', 63), Claim = new string('c', 253), ClaimUid = "1", Kind = PodVolumeKind.Csi };
        string name = VolumeNames.Of(volume, "");
        Assert.True(SourceKey.IsName(name), name);
        Assert.NotEqual(name, VolumeNames.Of(volume with { ClaimUid = "2" }, ""));
        Assert.True(SourceKey.IsName(VolumeNames.Of(new Model.Manifests.PodVolume { Namespace = "x", Kind = PodVolumeKind.HostPath }, "/")));
    }

    private static VolumeRule HostPaths => new() { Name = "hosts", Includes = true, Kinds = [PodVolumeKind.HostPath] };

    private static (VolumeState State, string Rule) StateAndRule(VolumeDecision decision) => (decision.State, decision.Rule);

    private static IReadOnlyList<VolumeDecision> Decide(TestCluster cluster, VolumePolicy policy) =>
        VolumeSelection.Decide(cluster.State, policy, node => node != "n9", _ => true);

    private static VolumeDecision One(TestCluster cluster, VolumePolicy policy) => Assert.Single(Decide(cluster, policy));
}
