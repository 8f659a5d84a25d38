using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.TestKit.Processes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;

namespace K8sBackup.Agent.Tests.MemberSteps;

public sealed class MemberStepTests : IAsyncLifetime
{
    private static readonly RestoreStep[] Forward =
        [RestoreStep.Stage, RestoreStep.BootTest, RestoreStep.StopApiServer, RestoreStep.StopEtcd, RestoreStep.Swap, RestoreStep.StartEtcd, RestoreStep.Check];

    private readonly TemporaryDirectory _directory = new();
    private SimulatedControlPlane _plane = null!;

    private SimulatedNode Node => _plane.Nodes[0];

    private SimulatedKubelet Kubelet => _plane.Kubelets[0];

    private string Snapshot => Path.Combine(_directory.Path, "snapshot.db");

    public async Task InitializeAsync()
    {
        _plane = await SimulatedControlPlane.StartAsync(_directory.Path, new SimulatedPlaneOptions(), TimeProvider.System);
        await SimulatedControlPlane.EtcdctlAsync(Node, "put", "before", "1");
        await SimulatedControlPlane.EtcdctlAsync(Node, "snapshot", "save", Snapshot);
        await SimulatedControlPlane.EtcdctlAsync(Node, "put", "after", "2");
    }

    public async Task DisposeAsync()
    {
        Assert.Empty(_plane.Violations);
        await _plane.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Forward_KilledAtEveryChange_EndsWithTheSnapshotsData()
    {
        StepBench bench = new(Node, Snapshot) { KillsEverywhere = true };
        await bench.DoAllAsync([RestoreStep.Inspect, .. Forward]);
        MemberState state = (await bench.DoAsync(RestoreStep.Check)).State;
        StagedMember staged = (await bench.DoAsync(RestoreStep.Stage)).Staged;
        await bench.DoAllAsync(RestoreStep.StartApiServer, RestoreStep.Bounce, RestoreStep.Finish, RestoreStep.Finish);

        Assert.Equal((staged.RevisionAfter, staged.KeySpaceHash, staged.ClusterId), (state.Revision, state.KeySpaceHash, state.ClusterId));
        Assert.Equal(staged.RevisionBefore + 1_000_000, staged.RevisionAfter);
        Assert.Equal("before\n1\n", await SimulatedControlPlane.EtcdctlAsync(Node, "get", "", "--from-key", "--order=DESCEND", "--limit=1"));
        ProcessResult watch = await SimulatedControlPlane.TryEtcdctlAsync(Node, "watch", "before", "--rev=2");
        Assert.Contains("compacted", watch.StandardError + watch.StandardOutput, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(Node.Data, $".kb-old-{bench.Id}")));
        Assert.False(Directory.Exists(Path.Combine(Node.Data, $".kb-restore-{bench.Id}")));
        Assert.Equal(["journal.json"], Directory.GetFiles(bench.Folder).Select(path => Path.GetFileName(path)));
        Assert.True(bench.Kills.Count > 15, string.Join(", ", bench.Kills));
        Assert.True(Kubelet.Runs(SimulatedNode.ApiServerManifest));
        Assert.Equal(FailureCause.InvalidRequest, (await FailsAsync(bench, RestoreStep.RollBack)).Cause);
    }

    [Fact]
    public async Task RollBack_AfterEveryStepAndKilledAtEveryChange_BringsBackWhatWas()
    {
        for (int steps = 0; steps <= Forward.Length; steps++)
        {
            StepBench bench = new(Node, Snapshot);
            await bench.DoAllAsync(Forward[..steps]);
            bench.KillsEverywhere = true;
            await bench.DoAllAsync(RestoreStep.RollBack, RestoreStep.Release, RestoreStep.RollBack, RestoreStep.Release);
            await _plane.WaitForEtcdAsync();

            Assert.Equal("after\n2\n", await SimulatedControlPlane.EtcdctlAsync(Node, "get", "after"));
            Assert.False(_plane.IsRestored(Node));
            Assert.Equal(["journal.json"], Directory.GetFiles(bench.Folder).Select(path => Path.GetFileName(path)));
            Assert.Equal(FailureCause.InvalidRequest, (await FailsAsync(bench, RestoreStep.Stage)).Cause);
        }
    }

    [Fact]
    public async Task Steps_WithoutTheirGround_AreRefusedAndChangeNothing()
    {
        StepBench bench = new(Node, Snapshot);
        foreach (RestoreStep step in (RestoreStep[])[RestoreStep.StopEtcd, RestoreStep.Swap, RestoreStep.StartEtcd, RestoreStep.Check, RestoreStep.StartApiServer, RestoreStep.Bounce, RestoreStep.Finish])
        {
            Assert.Equal(FailureCause.InvalidRequest, (await FailsAsync(bench, step)).Cause);
        }

        await bench.DoAsync(RestoreStep.Stage);
        Assert.Equal(FailureCause.InvalidRequest, (await FailsAsync(bench, RestoreStep.Swap)).Cause);
        Assert.Equal(FailureCause.InvalidRequest, (await FailsAsync(bench, RestoreStep.StartEtcd)).Cause);
        StepBench other = new(Node, Snapshot);
        Failure busy = await FailsAsync(other, RestoreStep.Stage);
        Assert.Equal(FailureCause.TargetInUse, busy.Cause);
        Assert.Contains(bench.Id, busy.Message, StringComparison.Ordinal);
        Assert.Equal([bench.Id], (await other.DoAsync(RestoreStep.Inspect)).Facts.Unfinished);
        Assert.Equal("after\n2\n", await SimulatedControlPlane.EtcdctlAsync(Node, "get", "after"));
        await bench.DoAllAsync(RestoreStep.RollBack, RestoreStep.Release);
        await other.DoAsync(RestoreStep.Stage);
        await other.DoAllAsync(RestoreStep.RollBack, RestoreStep.Release);
    }

    [Fact]
    public async Task Stage_PeerUrlThatIsNotTheManifests_IsRefusedBeforeAnythingIsTouched()
    {
        StepBench bench = new(Node, Snapshot);
        bench.Target.Members[0].PeerUrls[0] = "http://198.51.100.7:2380";

        Failure failure = await FailsAsync(bench, RestoreStep.Stage);

        Assert.Equal(FailureCause.InvalidRequest, failure.Cause);
        Assert.Contains("198.51.100.7", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Node.PeerUrl, failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.Folder));
    }

    [Fact]
    public async Task StopEtcd_ThatDoesNotStop_FailsAndIsTakenBack()
    {
        StepBench bench = new(Node, Snapshot) { PatienceSeconds = 1 };
        Kubelet.Stubborn[SimulatedNode.EtcdManifest] = true;
        await bench.DoAllAsync(RestoreStep.Stage);
        bench.PatienceSeconds = 60;
        await bench.DoAsync(RestoreStep.StopApiServer);
        bench.PatienceSeconds = 1;

        Failure failure = await FailsAsync(bench, RestoreStep.StopEtcd);

        Assert.Equal(FailureCause.TargetInUse, failure.Cause);
        Assert.Equal(FailureCause.TargetInUse, (await FailsAsync(bench, RestoreStep.Swap)).Cause);
        Kubelet.Stubborn.Clear();
        await bench.DoAllAsync(RestoreStep.RollBack, RestoreStep.Release);
        // The kubelet may have seen the manifest gone before it came back.
        await _plane.WaitForEtcdAsync();
        Assert.False(_plane.IsRestored(Node));
    }

    [Fact]
    public async Task Release_WithoutAnyData_LeavesEtcdStopped()
    {
        StepBench bench = new(Node, Snapshot);
        await bench.DoAllAsync(RestoreStep.Stage, RestoreStep.StopApiServer, RestoreStep.StopEtcd);
        Directory.Move(Node.Member, Path.Combine(_directory.Path, "lost"));

        await bench.DoAsync(RestoreStep.RollBack);
        RestoreStepReport report = await bench.DoAsync(RestoreStep.Release);

        Assert.Contains("empty cluster", Assert.Single(report.Notes), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Node.Manifests, SimulatedNode.EtcdManifest)));
        Assert.True(File.Exists(Path.Combine(bench.Folder, SimulatedNode.EtcdManifest)));
    }

    [Fact]
    public async Task Inspect_RunningNode_SaysWhatThereIs()
    {
        NodeFacts facts = (await new StepBench(Node, Snapshot).DoAsync(RestoreStep.Inspect)).Facts;

        Assert.Equal(("cp-1", "/var/lib/etcd", "3.4", "image"), (facts.MemberName, facts.DataDir, facts.EtcdVersion, facts.VersionSource));
        Assert.True(facts is { EtcdRuns: true, HasMember: true, QuotaBytes: 2L << 30, DatabaseBytes: > 0, FreeBytes: > 0 });
        Assert.Equal([Node.PeerUrl], facts.PeerUrls);
        Assert.Equal([$"cp-1={Node.PeerUrl}"], facts.RunningMembers);
        Assert.Equal(4, facts.Manifests.Count);
        Assert.False(Directory.Exists(Node.At("etc/kubernetes/kb-restore")));
    }

    private static async Task<Failure> FailsAsync(StepBench bench, RestoreStep step) =>
        (await Assert.ThrowsAsync<BackupException>(() => bench.DoAsync(step))).Failure;
}
