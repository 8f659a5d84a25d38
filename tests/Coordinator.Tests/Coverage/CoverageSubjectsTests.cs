using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Tests.Volumes;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.KubernetesApi.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Settings.Yaml;
using K8sBackup.Transport.Identity;
using static K8sBackup.Coordinator.Tests.Volumes.TestCluster;

namespace K8sBackup.Coordinator.Tests.Coverage;

public sealed class CoverageSubjectsTests
{
    private static readonly LastGood Yesterday = new(new DateTimeOffset(2026, 6, 1, 2, 0, 0, TimeSpan.Zero), "nightly", RestorePointId.Create(TimeProvider.System));

    [Fact]
    public void Of_NoPlan_EverythingIsMissedAndNothingLeftOutSilently()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "data")
            .Pod("prod", "db-0", "w-1", Claimed("d", "data"), Empty("tmp"), Host("logs", "/var/log/app"), Secret("key"))
            .Pod("prod", "far", "w-9");
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of([], [Node("cp-1", Role.ControlPlane), Node("w-1")], cluster.State);
        Assert.Equal("No plan takes etcd.", Missed(subjects, CoverageKind.Etcd, "etcd"));
        Assert.Equal("No plan takes its control-plane files.", Missed(subjects, CoverageKind.Node, "cp-1"));
        Assert.Equal("No agent of it has enrolled.", Missed(subjects, CoverageKind.Node, "w-9"));
        Assert.Equal("No plan takes volumes of pods.", Missed(subjects, CoverageKind.Claim, "data"));
        Assert.Contains(subjects, s => s is { Kind: CoverageKind.HostPath, Name: "/var/log/app", Node: "w-1", Verdict: CoverageVerdict.Missed });
        Assert.Contains(subjects, s => s is { Kind: CoverageKind.PodVolume, Name: "db-0/tmp" });
        Assert.Equal("What it shows is in etcd or a registry.", subjects.Single(s => s.Name == "db-0/key").Reason);
    }

    [Fact]
    public void Of_WhatStaticPodsMount_IsThatOfTheNodeWhereItsFilesAreTaken()
    {
        Dictionary<string, string> mirror = new() { ["kubernetes.io/config.mirror"] = "5a", ["kubernetes.io/config.hash"] = "5a" };
        TestCluster cluster = new TestCluster()
            .Pod("kube-system", "etcd-cp-1", "cp-1", mirror, "Running", Host("data", "/var/lib/etcd"), Host("shared", "/srv/shared"))
            .Pod("kube-system", "proxy-w-1", "w-1", mirror, "Running", Host("conf", "/etc/nginx"))
            .Pod("prod", "app", "cp-1", Host("shared", "/srv/shared"));
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of([], [Node("cp-1", Role.ControlPlane), Node("w-1")], cluster.State);
        CoverageSubject data = subjects.Single(s => s.Name == "/var/lib/etcd");
        Assert.Equal((CoverageVerdict.LeftOut, "A part of the node: etcd and control-plane files are sources of their own."), (data.Verdict, data.Reason));
        // Somebody else's, too; and a worker's files are nobody's source.
        Assert.Equal("No plan takes volumes of pods.", Missed(subjects, CoverageKind.HostPath, "/srv/shared"));
        Assert.Equal("No plan takes volumes of pods.", Missed(subjects, CoverageKind.HostPath, "/etc/nginx"));
    }

    [Fact]
    public void Of_PlanThatTakesThem_NamesPlanAndRuleAndWhereSnapshotsAre()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "data").Claim("prod", "idle").Claim("test", "junk")
            .Pod("prod", "db-0", "w-1", Claimed("d", "data")).Pod("test", "x", "w-1", Claimed("j", "junk"));
        BackupPlan plan = Plan("[{etcd: {}}, {controlPlane: {}}, {volume: {name: srv, path: /srv}, nodes: [{names: [w-1]}]}, {podVolumes: {rules: [{exclude: {namespaces: [test]}, name: no tests}]}}]");
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of([plan], [Node("cp-1", Role.ControlPlane), Node("w-1")], cluster.State);
        CoverageSubject data = subjects.Single(s => s.Name == "data");
        Assert.Equal((CoverageVerdict.Taken, "nightly", "default", "prod", ""), (data.Verdict, data.Plan, data.Rule, data.Namespace, data.Key.Node));
        Assert.StartsWith("pvc.prod.data.", data.Key.Name, StringComparison.Ordinal);
        Assert.Contains("No pod mounts it", Missed(subjects, CoverageKind.Claim, "idle"), StringComparison.Ordinal);
        CoverageSubject junk = subjects.Single(s => s.Name == "junk");
        Assert.Equal((CoverageVerdict.LeftOut, "no tests", "Left out by no tests."), (junk.Verdict, junk.Rule, junk.Reason));
        Assert.Equal(new CoverageKey(SourceKind.Etcd, "", ""), subjects.Single(s => s.Kind == CoverageKind.Etcd).Key);
        Assert.Equal(new CoverageKey(SourceKind.ControlPlaneFiles, "cp-1", ""), subjects.Single(s => s.Name == "cp-1").Key);
        Assert.Equal((CoverageVerdict.Taken, new CoverageKey(SourceKind.Volume, "w-1", "srv")), (subjects.Single(s => s.Kind == CoverageKind.Path).Verdict, subjects.Single(s => s.Kind == CoverageKind.Path).Key));
    }

    [Fact]
    public void Of_SeveralPlans_WhoTakesItWins()
    {
        TestCluster cluster = new TestCluster().Claim("prod", "data").Pod("prod", "db-0", "w-1", Claimed("d", "data"));
        IReadOnlyList<CoverageSubject> subjects = CoverageSubjects.Of(
            [Plan("[{podVolumes: {default: exclude}}]", "a"), Plan("[{podVolumes: {}}]", "b")], [Node("w-1")], cluster.State);
        Assert.Equal((CoverageVerdict.Taken, "b"), (subjects.Single(s => s.Name == "data").Verdict, subjects.Single(s => s.Name == "data").Plan));
    }

    [Fact]
    public void Of_Dumps_AreTakenMissedOrAskedForInVain()
    {
        Dictionary<string, string> asks = new() { ["k8sbackup.dev/dump-command"] = "dumpall" };
        TestCluster cluster = new TestCluster().Pod("shop", "pg-0", "w-1").Pod("shop", "pg-1", "w-1", null, "Pending").Pod("test", "my-0", "w-1", asks, "Running");
        const string Orders = "[{podCommand: {name: orders, namespaces: [shop], command: [pg_dump]}}]";
        IReadOnlyList<CoverageSubject> subjects = [.. CoverageSubjects.Of([Plan(Orders)], [Node("w-1")], cluster.State).Where(s => s.Kind == CoverageKind.Dump)];
        CoverageSubject taken = subjects.Single(s => s.Name == "pg-0/orders");
        Assert.Equal((CoverageVerdict.Taken, "nightly", "orders", "shop", "pods"), (taken.Verdict, taken.Plan, taken.Rule, taken.Namespace, taken.Key.Node));
        Assert.StartsWith("dump.shop.pg-0.orders.", taken.Key.Name, StringComparison.Ordinal);
        Assert.Equal("The pod shop/pg-1 does not run (Pending).", Missed(subjects, CoverageKind.Dump, "pg-1/orders"));
        Assert.Equal("The pod my-0 asks for a dump by its annotation, and no plan takes it.", Missed(subjects, CoverageKind.Dump, "my-0"));
        Assert.Equal(3, subjects.Count);

        // Asked for and taken, by a plan that leaves it to annotations.
        subjects = CoverageSubjects.Of([Plan(Orders, "a"), Plan("[{podCommand: {namespaces: [test]}}]", "b")], [Node("w-1")], cluster.State);
        Assert.Equal((CoverageVerdict.Taken, "b"), (subjects.Single(s => s.Name == "my-0/dump").Verdict, subjects.Single(s => s.Name == "my-0/dump").Plan));
        Assert.DoesNotContain(subjects, s => s.Kind == CoverageKind.Dump && s.Name == "my-0");
    }

    [Fact]
    public void Of_NoCluster_IsTheFleet() =>
        Assert.Equal([CoverageKind.Node], CoverageSubjects.Of([], [Node("w-1")], null).Select(s => s.Kind));

    [Fact]
    public void Item_TakenWithoutASnapshot_IsUnprotected()
    {
        CoverageSubject taken = new(CoverageKind.Claim, "prod", "data", "w-1", CoverageVerdict.Taken, "nightly", "default", "", default);
        Assert.Equal((CoverageState.Unprotected, "There is no complete snapshot of it yet."), (CoverageItem.Of(taken, null).State, CoverageItem.Of(taken, null).Reason));
        Assert.Equal((CoverageState.Protected, Yesterday), (CoverageItem.Of(taken, Yesterday).State, CoverageItem.Of(taken, Yesterday).LastGood));
        CoverageSubject missed = taken with { Verdict = CoverageVerdict.Missed, Reason = "No pod mounts it." };
        Assert.Equal((CoverageState.Unprotected, "No pod mounts it.", Yesterday), (CoverageItem.Of(missed, Yesterday).State, CoverageItem.Of(missed, Yesterday).Reason, CoverageItem.Of(missed, Yesterday).LastGood));
        Assert.Equal(CoverageState.Excluded, CoverageItem.Of(taken with { Verdict = CoverageVerdict.LeftOut }, Yesterday).State);
    }

    [Fact]
    public void Key_OfASource_AnswersToEveryWayToAsk() =>
        Assert.Equal(
            [new CoverageKey(SourceKind.Volume, "n", "v"), new CoverageKey(SourceKind.Volume, "", "v"), new CoverageKey(SourceKind.Volume, "n", ""), new CoverageKey(SourceKind.Volume, "", "")],
            CoverageKey.Of(new SourceKey("n", SourceKind.Volume, "v")));

    private static string Missed(IReadOnlyList<CoverageSubject> subjects, CoverageKind kind, string name)
    {
        CoverageSubject subject = subjects.Single(s => s.Kind == kind && s.Name == name);
        Assert.Equal(CoverageVerdict.Missed, subject.Verdict);
        return subject.Reason;
    }

    private static PodVolume Secret(string name) => new() { Name = name, Secret = new SecretVolume() };

    private static NodeRecord Node(string name, Role role = Role.Worker) => new()
    {
        Name = name,
        Role = role,
        Labels = new Dictionary<string, string>(),
        LastSeen = Yesterday.At,
        CertificateNotAfter = Yesterday.At,
    };

    private static BackupPlan Plan(string sources, string name = "nightly")
    {
        List<YamlFault> faults = [];
        BackupPlan? plan = PlanParser.Parse($"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: {name}}}\nspec: {{sources: {sources}}}\n", $"{name}.yaml", faults);
        Assert.Empty(faults);
        return plan!;
    }
}
