using K8sBackup.TestKit;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

public sealed class CrashTests
{
    [Fact]
    public async Task Restore_AgentKilledAtEveryChangeAndCoordinatorInEveryPhase_Completes()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(EtcdPrograms.All[^1]);
        Restore plan = await world.PlanAsync();
        world.Agents[1].DieEverywhere();
        await world.ConfirmAsync(plan);
        HashSet<ClusterRestorePhase> stoppedIn = [];
        Restore now = await world.GetAsync(plan);
        while (now.Interval.FinishedAt is null)
        {
            if (stoppedIn.Add(now.Cluster.Phase))
            {
                await world.Coordinator.StopAsync();
                await world.Coordinator.StartAsync();
            }

            now = await world.UntilAsync(plan, restore => restore.Interval.FinishedAt is not null || !stoppedIn.Contains(restore.Cluster.Phase));
        }

        Assert.True(now.State == RestoreState.Completed, $"{now}");
        Assert.True(world.Agents[1].Deaths > 8 && stoppedIn.Count > 4, $"{world.Agents[1].Deaths} deaths, coordinator stopped in {string.Join(", ", stoppedIn)}");
        await RestoreAssert.RestoredAsync(world, now);
    }

    [Fact]
    public async Task Restore_MemberThatDoesNotComeUp_IsTakenBackEverywhere()
    {
        await using RestoreWorld world = await RestoreWorld.StartAsync(EtcdPrograms.Installed, TimeSpan.FromSeconds(30));
        Restore plan = await world.PlanAsync();
        await world.ConfirmAsync(plan);
        await world.UntilAsync(plan, restore => restore.Cluster.Phase >= ClusterRestorePhase.StoppingEtcd);
        world.Plane.Kubelets[2].Refused[SimulatedNode.EtcdManifest] = true;
        world.Agents[1].DieEverywhere();
        Restore back = await world.UntilAsync(plan, restore => restore.Cluster.Phase >= ClusterRestorePhase.RollingBack);
        world.Plane.Kubelets[2].Refused.Clear();
        Restore ended = await world.UntilOverAsync(plan);

        Assert.Equal((RestoreState.Failed, "EtcdUnavailable"), (ended.State, ended.Failure.Cause));
        Assert.False(back.Cluster.PastReturn);
        Assert.True(world.Agents[1].Deaths > 4, $"{world.Agents[1].Deaths} deaths");
        await RestoreAssert.AsBeforeAsync(world);
    }
}
