using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using RestoreState = K8sBackup.Coordinator.Restores.RestoreState;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

public sealed class ClusterRestoreMachineTests
{
    private static readonly HashSet<string> Nobody = [];

    // Every step of a restore of three members, and of its way back, is one more than the last that is reached.
    public static TheoryData<int> EveryStep => [.. Enumerable.Range(0, 34)];

    [Fact]
    public void Run_ThreeMembers_DoesEveryStepEverywhereInOrder()
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        cluster.Run();

        Assert.Equal((ClusterPhase.Over, RestoreState.Completed), (cluster.Record.Phase, cluster.Record.State));
        Assert.All(cluster.Nodes, node => Assert.Equal(
            [RestoreStep.Inspect, RestoreStep.Stage, RestoreStep.BootTest, RestoreStep.StopApiServer, RestoreStep.StopEtcd, RestoreStep.Swap, RestoreStep.StartEtcd, RestoreStep.Check, RestoreStep.StartApiServer, RestoreStep.Bounce, RestoreStep.Finish],
            node.DoneSteps));
        Assert.All(cluster.Nodes, node => Assert.True(node is { HasNewData: true, EtcdRuns: true, ApiServerRuns: true, IsOver: true }));
        Assert.Empty(cluster.Violations);
    }

    [Fact]
    public void Run_NodeThatBecomesNoMember_IsStoppedAndStaysSo()
    {
        ModelCluster cluster = new ModelCluster(3, "cp-3").Begin();
        cluster.Run();

        Assert.Equal(RestoreState.Completed, cluster.Record.State);
        Assert.True(cluster["cp-3"] is { HasNewData: false, EtcdRuns: false, ApiServerRuns: false });
        Assert.Equal(2, MessageJson.Parse<RestoreTarget>(cluster.Record.Target).Members.Count);
        Assert.Empty(cluster.Violations);
    }

    [Fact]
    public void Run_NodesThatJoinAgain_AreStoppedAndJoinOneByOneAtTheEnd()
    {
        ModelCluster cluster = new ModelCluster(3, "cp-2", "cp-3", "rejoin").Begin();
        cluster.Run();

        Assert.Equal(RestoreState.Completed, cluster.Record.State);
        Assert.Equal(
            [RestoreStep.Inspect, RestoreStep.StopApiServer, RestoreStep.StopEtcd, RestoreStep.Join, RestoreStep.Finish], cluster["cp-3"].DoneSteps);
        Assert.All(cluster.Nodes, node => Assert.True(node is { HasNewData: true, EtcdRuns: true, ApiServerRuns: true }));
        Assert.Single(MessageJson.Parse<RestoreTarget>(cluster.Record.Target).Members);
        Assert.Empty(cluster.Violations);
    }

    [Theory]
    [MemberData(nameof(EveryStep))]
    public void Fail_AtAnyStep_TakesEverythingBackOrGoesOnAfterTheReturn(int step)
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        int done = 0;
        foreach (ModelNode node in cluster.Nodes)
        {
            node.Fault = _ => done++ == step ? new Failure(node.Name, "", FailureCause.TargetUnusable, "No room.") : null;
        }

        cluster.Run();

        AssertEnded(cluster, failed: step < 30, RestoreState.Failed);
    }

    [Theory]
    [MemberData(nameof(EveryStep))]
    public void Abort_AtAnyStep_TakesEverythingBackOrIsRefused(int step)
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        int done = cluster.Run(step);
        bool possible = !cluster.Record.IsPastReturn;
        if (possible)
        {
            cluster.Record = ClusterRestoreMachine.Abort(cluster.Record, "alice", Nobody);
        }
        else if (!cluster.Record.IsOver)
        {
            Assert.Equal(FailureCause.TargetInUse, Assert.Throws<BackupException>(() => ClusterRestoreMachine.Abort(cluster.Record, "alice", Nobody)).Failure.Cause);
        }

        cluster.Run();

        Assert.Equal(step, Math.Max(done, step));
        AssertEnded(cluster, failed: possible, RestoreState.Cancelled);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Run_InAnyOrderWithFaultsAndAborts_NeverMixesClusters(int seed)
    {
        Random random = new(seed);
        for (int world = 0; world < 200; world++)
        {
            ModelCluster cluster = new ModelCluster(random.Next(1, 6)).Begin();
            int faults = random.Next(4);
            foreach (ModelNode node in cluster.Nodes)
            {
                node.Fault = _ => faults > 0 && random.Next(10) == 0 && faults-- > 0 ? new Failure(node.Name, "", FailureCause.TimedOut, "Slow.") : null;
            }

            cluster.Run(random.Next(40), random.Next);
            if (!cluster.Record.IsPastReturn && random.Next(3) == 0)
            {
                cluster.Record = ClusterRestoreMachine.Abort(cluster.Record, "alice", Nobody);
            }

            cluster.Run(choose: random.Next);

            Assert.Empty(cluster.Violations);
            Assert.Equal(ClusterPhase.Over, cluster.Record.Phase);
            Assert.Single(cluster.Nodes.Select(node => node.HasNewData).Distinct());
        }
    }

    [Fact]
    public void Confirm_OtherNameOrTwice_IsRefusedOrNothing()
    {
        ModelCluster cluster = new(1);
        Assert.Throws<BackupException>(() => ClusterRestoreMachine.Confirm(cluster.Record, ModelCluster.Name, "alice"));
        cluster.Run();
        Assert.Throws<BackupException>(() => ClusterRestoreMachine.Confirm(cluster.Record, "prod-2", "alice"));
        ClusterRestoreRecord confirmed = ClusterRestoreMachine.Confirm(cluster.Record, ModelCluster.Name, "alice");
        Assert.Same(confirmed, ClusterRestoreMachine.Confirm(confirmed, ModelCluster.Name, "alice"));
        Assert.Equal([RestoreStep.Inspect], cluster.Nodes[0].DoneSteps);
    }

    [Theory]
    [InlineData("cluster")]
    [InlineData("hash")]
    [InlineData("alarm")]
    [InlineData("old")]
    [InlineData("members")]
    public void Check_MemberThatIsNotWhatWasBuilt_IsTakenBack(string what)
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        cluster["cp-2"].Seen = state =>
        {
            switch (what)
            {
                case "cluster": state.ClusterId = "1"; break;
                case "hash": state.KeySpaceHash++; break;
                case "alarm": state.Alarms.Add("NoSpace"); break;
                case "old": state.Revision--; break;
                default: state.MemberIds.Add("1"); break;
            }
        };
        cluster.Run();

        AssertEnded(cluster, failed: true, RestoreState.Failed);
        Assert.Equal("cp-2", cluster.Record.Failure!.Node);
    }

    [Fact]
    public void Check_RevisionsApartOnce_AsksAgain()
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        int asked = 0;
        cluster["cp-1"].Seen = state => (state.Revision, state.KeySpaceHash) = (state.Revision + 1, 43);
        foreach (string late in new[] { "cp-2", "cp-3" })
        {
            cluster[late].Seen = state => (state.Revision, state.KeySpaceHash) = ++asked > 2 ? (state.Revision + 1, 43) : (state.Revision, state.KeySpaceHash);
        }

        cluster.Run();

        Assert.Equal(RestoreState.Completed, cluster.Record.State);
        Assert.Equal(2, cluster["cp-1"].DoneSteps.Count(step => step == RestoreStep.Check));
    }

    [Fact]
    public void Staged_Differently_IsTakenBackBeforeAnythingStops()
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        cluster["cp-3"].BuiltAs = staged => staged.KeySpaceHash++;
        cluster.Run();

        AssertEnded(cluster, failed: true, RestoreState.Failed);
        Assert.DoesNotContain(cluster.Nodes, node => node.DoneSteps.Contains(RestoreStep.StopApiServer));
    }

    [Fact]
    public void Miss_BeforeAnyNewEtcd_OthersComeBackAndItDoesLater()
    {
        (ModelCluster cluster, Action back) = AwayOnTheWayBack(steps: 14);
        cluster.Record = ClusterRestoreMachine.Miss(cluster.Record, "cp-2");
        cluster.Run(40, new Random(1).Next);

        Assert.Equal(ClusterPhase.Releasing, cluster.Record.Phase);
        Assert.True(cluster["cp-1"].IsOver && cluster["cp-3"].IsOver && !cluster["cp-2"].IsOver);
        Assert.Equal(ClusterPhase.Over, ClusterRestoreMachine.Abort(cluster.Record, "bob", new HashSet<string> { "cp-2" }).Phase);
        back();
        cluster.Run();
        AssertEnded(cluster, failed: true, RestoreState.Cancelled);
    }

    [Fact]
    public void Miss_WhenItMayRunTheNewEtcd_NothingStartsBeforeItIsBackOrVouchedFor()
    {
        (ModelCluster cluster, Action back) = AwayOnTheWayBack(steps: 20);
        cluster.Record = ClusterRestoreMachine.Miss(cluster.Record, "cp-2");
        Assert.Same(cluster.Record, ClusterRestoreMachine.Miss(cluster.Record, "cp-2"));
        cluster.Run(40, new Random(1).Next);

        Assert.Equal(ClusterPhase.RollingBack, cluster.Record.Phase);
        Assert.Empty(cluster.Violations);
        Assert.Same(cluster.Record, ClusterRestoreMachine.Abort(cluster.Record, "bob", Nobody));
        ClusterRestoreRecord vouched = ClusterRestoreMachine.Advance(ClusterRestoreMachine.Abort(cluster.Record, "bob", new HashSet<string> { "cp-2" }));
        Assert.Equal(ClusterPhase.Releasing, vouched.Phase);
        back();
        cluster.Run();
        AssertEnded(cluster, failed: true, RestoreState.Cancelled);
    }

    private static (ModelCluster Cluster, Action Back) AwayOnTheWayBack(int steps)
    {
        ModelCluster cluster = new ModelCluster(3).Begin();
        cluster.Run(steps);
        bool away = true;
        cluster["cp-2"].Fault = _ => away ? new Failure("cp-2", "", FailureCause.NodeUnavailable, "Away.") : null;
        cluster.Record = ClusterRestoreMachine.Abort(cluster.Record, "alice", Nobody);
        return (cluster, () => away = false);
    }

    private static void AssertEnded(ModelCluster cluster, bool failed, RestoreState asWhat)
    {
        Assert.Empty(cluster.Violations);
        Assert.Equal(ClusterPhase.Over, cluster.Record.Phase);
        Assert.All(cluster.Nodes, node => Assert.True(node is { EtcdRuns: true, ApiServerRuns: true, IsOver: true }, node.Name));
        if (cluster.Record.IsPastReturn)
        {
            Assert.All(cluster.Nodes, node => Assert.True(node.HasNewData));
            Assert.Contains(cluster.Record.State, new[] { RestoreState.Completed, RestoreState.PartiallyFailed });
        }
        else
        {
            Assert.True(failed);
            Assert.All(cluster.Nodes, node => Assert.False(node.HasNewData));
            Assert.Equal(asWhat, cluster.Record.State);
        }
    }
}
