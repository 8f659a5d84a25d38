using K8sBackup.Coordinator.Recovery;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Tests.Recovery;

public sealed class RecoverySetRuleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Judge_ThreeNodesThatFit_IsComplete()
    {
        RecoverySet set = Judge(Etcd(), Files("cp-1"), Files("cp-2"), Files("cp-3"))!;

        Assert.Empty(set.Missing);
        Assert.Empty(set.Warnings);
        Assert.Equal(["cp-1", "cp-2", "cp-3"], set.Nodes);
        Assert.Equal(Now.AddDays(200), set.FirstExpiry);
        Assert.StartsWith("cp-1: /etc/kubernetes/pki/apiserver.crt", set.FirstExpiryOf, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_PlanWithoutControlPlaneFilesOrWithoutEtcd_IsNoSet()
    {
        Assert.Null(Judge(Etcd()));
        Assert.Null(Judge(Files("cp-1")));
    }

    [Fact]
    public void Judge_FilesOfANodeFailed_NamesItAndItsMember()
    {
        SnapshotManifest[] there = [Etcd(), Files("cp-1"), Files("cp-2")];
        SourceResult failed = new(Key("cp-3"), null, null, new Failure("cp-3", "", FailureCause.NodeUnavailable, "No agent connected."));

        RecoverySet set = RecoverySetRule.Judge([.. there.Select(Result), failed], there, Now)!;

        Assert.Equal(
            ["cp-3: its control-plane files are not there. No agent connected.", "The etcd member cp-3 is on no node whose files are in the set."], set.Missing);
    }

    [Fact]
    public void Judge_EtcdSuspectOrFailed_HasNothingToRelyOn()
    {
        EtcdMemberProof other = new("2", "cp-2", "", "follower", 0, EtcdProofState.Differs, 0, 0, "");
        SnapshotManifest suspect = Etcd(e => e with { Proof = [other] });

        Assert.Equal(["There is no snapshot of etcd to rely on."], Judge(suspect, Files("cp-1"))!.Missing);

        // Beside a good one, a suspect one does no harm.
        Assert.Empty(Judge(suspect, Etcd(), Files("cp-1"), Files("cp-2"), Files("cp-3"))!.Missing);
    }

    [Fact]
    public void Judge_AgentOfAnOlderVersion_SaysSo()
    {
        Assert.Contains(
            "cp-1: its agent is of an older version and tells nothing of what is in the files.",
            Judge(Etcd(), Files("cp-1") with { ControlPlane = null })!.Missing);
    }

    [Fact]
    public void Judge_FilesIncompleteOrNotUnderstood_ListsThem()
    {
        SnapshotManifest lacking = Files("cp-1", f => f with { Problems = ["/etc/kubernetes/manifests/x.yaml: it is not one Pod"] }) with
        {
            Outcome = SnapshotOutcome.PartiallyFailed,
            Missing = ["/etc/kubernetes/pki: not there (kubeadm layout)"],
        };

        RecoverySet set = Judge(Etcd(), lacking, Files("cp-2"), Files("cp-3"))!;

        Assert.Equal(["cp-1: /etc/kubernetes/pki: not there (kubeadm layout)", "cp-1: /etc/kubernetes/manifests/x.yaml: it is not one Pod"], set.Missing);
    }

    [Fact]
    public void Judge_OtherDataDirOrMember_IsNamed()
    {
        RecoverySet set = Judge(
            Etcd(),
            Files("cp-1"),
            Files("cp-2", f => f with { Member = f.Member! with { DataDir = "/srv/etcd" } }),
            Files("cp-3", f => f with { Member = f.Member! with { PeerUrls = ["https://10.9.9.9:2380"] } }))!;

        Assert.Equal(
            [
                "cp-2 names the data-dir /srv/etcd, cp-1 names /var/lib/etcd.",
                "cp-3: its manifest describes the etcd member cp-3 at https://10.9.9.9:2380, which the snapshot's cluster does not have.",
                "The etcd member cp-3 is on no node whose files are in the set.",
            ],
            set.Missing);
    }

    [Fact]
    public void Judge_CertificateOfAnotherAuthority_IsNamed()
    {
        RecoverySet set = Judge(
            Etcd(),
            Files("cp-1"),
            Files("cp-2", f => f with { Trust = [Trust("other")] }),
            Files("cp-3", f => f with { Trust = [Trust("ca", "/etc/kubernetes/pki/etcd/server.crt is not signed by /etc/kubernetes/pki/etcd/ca.crt")] }))!;

        Assert.Equal(
            [
                "cp-3: etcd server: /etc/kubernetes/pki/etcd/server.crt is not signed by /etc/kubernetes/pki/etcd/ca.crt.",
                "cp-2: etcd server: /etc/kubernetes/pki/etcd/ca.crt is another authority than that of cp-1.",
            ],
            set.Missing);
    }

    [Fact]
    public void Judge_ServiceAccountKeysMissingOrDifferent_IsNamed()
    {
        RecoverySet set = Judge(
            Etcd(),
            Files("cp-1"),
            Files("cp-2", f => f with { ServiceAccountKeys = [], ServiceAccountSigner = "" }),
            Files("cp-3", f => f with { ServiceAccountKeys = ["k3"], ServiceAccountSigner = "k3" }))!;

        Assert.Equal(
            [
                "cp-2: the public key of service accounts is not there: tokens could not be checked.",
                "cp-2: the private key of service accounts is not there: tokens could not be issued.",
                "cp-1: tokens signed there are not accepted by every other API server of the set.",
                "cp-3: tokens signed there are not accepted by every other API server of the set.",
            ],
            set.Missing);
    }

    [Fact]
    public void Judge_EncryptedValues_NeedTheirKeyOnEveryNode()
    {
        SnapshotManifest etcd = Etcd(e => e with { Encryption = [new EncryptionUse("aescbc", "key1", 7), new EncryptionUse("kms", "vault", 2), new EncryptionUse("", "", 1)] });
        ControlPlaneFacts With(ControlPlaneFacts f, params EncryptionKeyName[] keys) => f with { EncryptionConfiguration = "/etc/kubernetes/enc.yaml", EncryptionKeys = keys };

        RecoverySet set = Judge(
            etcd,
            Files("cp-1", f => With(f, new("aescbc", "key1"), new("kms", "vault"))),
            Files("cp-2", f => With(f, new("secretbox", "key1"), new("kms", "vault"))),
            Files("cp-3"))!;

        Assert.Equal(
            [
                "cp-2: 7 values are encrypted with the key key1 (aescbc), which /etc/kubernetes/enc.yaml does not have.",
                "cp-3: 7 values are encrypted with the key key1 (aescbc), and its API server has no encryption configuration.",
                "cp-3: 2 values are encrypted with the KMS vault, and its API server has no encryption configuration.",
                "1 values are encrypted with keys whose names cannot be read.",
            ],
            set.Missing.OrderBy(text => text.StartsWith('1')));
        Assert.Contains("the KMS vault", Assert.Single(set.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(31, "")]
    [InlineData(30, "ends on 2026-12-21.")]
    [InlineData(-1, "ended on 2026-11-20; renew it before")]
    public void Judge_CertificateNearItsEnd_IsWarnedAboutAndTheSetStaysComplete(int days, string warning)
    {
        RecoverySet set = Judge(
            Etcd(),
            Files("cp-1", f => f with { Certificates = [new CertificateFact("/etc/kubernetes/pki/ca.crt", "CN=kubernetes", Now.AddDays(days))] }),
            Files("cp-2"),
            Files("cp-3"))!;

        Assert.True(set.IsComplete);
        Assert.Equal(warning.Length > 0, set.Warnings.Count == 1);
        Assert.Contains(warning, string.Concat(set.Warnings), StringComparison.Ordinal);
        Assert.Equal(Now.AddDays(days), set.FirstExpiry);
    }

    [Fact]
    public void Judge_ExternalEtcdAndOtherLayouts_AreNamedNotGuessed()
    {
        RecoverySet set = Judge(Etcd(), Files("cp-1", f => f with { Layout = "external etcd", Member = null }))!;

        Assert.True(set.IsComplete);
        Assert.Contains(set.Warnings, text => text.StartsWith("etcd does not run in static pods", StringComparison.Ordinal));
        Assert.Contains(set.Warnings, text => text.Contains("the layout is external etcd", StringComparison.Ordinal));
    }

    [Fact]
    public void Judge_EventsInAnotherEtcd_NeedsASnapshotOfIt()
    {
        const string Override = "/events#https://10.0.0.7:2379";
        SnapshotManifest[] files = [.. new[] { "cp-1", "cp-2", "cp-3" }.Select(node => Files(node, f => f with { EtcdOverrides = [Override] }))];

        Assert.Contains(Override, Assert.Single(Judge([Etcd(), .. files])!.Missing), StringComparison.Ordinal);

        SnapshotManifest events = Etcd(e => e with { ClusterId = "events", Members = ["9 events-1 https://10.0.0.7:2380"] });
        Assert.Empty(Judge([Etcd(), events, .. files])!.Missing);
    }

    private static RecoverySet? Judge(params SnapshotManifest[] manifests) =>
        RecoverySetRule.Judge([.. manifests.Select(Result)], manifests, Now);

    private static SourceResult Result(SnapshotManifest manifest) => new(manifest.Source, manifest.Id, manifest.Outcome, null);

    private static SourceKey Key(string node) => new(node, SourceKind.ControlPlaneFiles, "files");

    private static TrustFact Trust(string authority, string problem = "") =>
        new("etcd server", "/etc/kubernetes/pki/etcd/server.crt", "/etc/kubernetes/pki/etcd/ca.crt", authority, problem);

    private static SnapshotManifest Files(string node, Func<ControlPlaneFacts, ControlPlaneFacts>? change = null)
    {
        ControlPlaneFacts facts = new()
        {
            Layout = "kubeadm",
            Member = new EtcdMemberFiles(node, "/var/lib/etcd", [$"https://10.0.0.{node[^1]}:2380"]),
            EtcdServers = ["https://127.0.0.1:2379"],
            Certificates =
            [
                new CertificateFact("/etc/kubernetes/pki/ca.crt", "CN=kubernetes", Now.AddDays(3000)),
                new CertificateFact("/etc/kubernetes/pki/apiserver.crt", "CN=kube-apiserver", Now.AddDays(200)),
            ],
            Trust = [Trust("ca")],
            ServiceAccountKeys = ["sa"],
            ServiceAccountSigner = "sa",
        };
        return Manifest(Key(node)) with { ControlPlane = change is null ? facts : change(facts) };
    }

    private static SnapshotManifest Etcd(Func<EtcdEvidence, EtcdEvidence>? change = null)
    {
        EtcdEvidence evidence = new()
        {
            Revision = 100,
            Keys = 1,
            DatabaseBytes = 1,
            PageBytes = 4096,
            ClusterId = "main",
            MemberId = "1",
            MemberName = "cp-1",
            ServerVersion = "3.5.21",
            Sha256 = "",
            Verified = ["V1", "V2", "V3", "V4"],
            Members = ["1 cp-1 https://10.0.0.1:2380", "2 cp-2 https://10.0.0.2:2380", "3 cp-3 https://10.0.0.3:2380"],
        };
        return Manifest(new SourceKey("cp-1", SourceKind.Etcd, "etcd")) with { Etcd = change is null ? evidence : change(evidence) };
    }

    private static SnapshotManifest Manifest(SourceKey source) => new()
    {
        Id = SnapshotId.Create(TimeProvider.System),
        Cluster = "prod",
        Source = source,
        Run = RunId.Create(TimeProvider.System),
        Plan = "nightly",
        StartedAt = Now,
        FinishedAt = Now,
        Root = ChunkId.Of([1]),
        ChunkList = [],
        Chunks = 0,
        Counts = SnapshotCounts.Zero,
        Outcome = SnapshotOutcome.Completed,
    };
}
