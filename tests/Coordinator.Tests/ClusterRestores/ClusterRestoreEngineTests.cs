using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;
using RestoreState = K8sBackup.Coordinator.Restores.RestoreState;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

public sealed class ClusterRestoreEngineTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private EngineWorld _world = null!;

    public async Task InitializeAsync() => _world = await EngineWorld.StartAsync();

    public async Task DisposeAsync()
    {
        Assert.Empty(_world.Violations);
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Plan_ThenConfirm_RestoresAndRecordsAll()
    {
        ClusterRestoreRecord plan = await _world.PlanAsync();
        Assert.Equal(ClusterPhase.Planned, plan.Phase);
        Assert.Empty(plan.Obstacles);
        Assert.NotEmpty(plan.Transformations);
        Assert.All(_world.Nodes, node => Assert.Equal([RestoreStep.Inspect], node.DoneSteps));

        _world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice");
        ClusterRestoreRecord ended = await _world.UntilOverAsync(plan.Id);

        Assert.Equal(RestoreState.Completed, ended.State);
        Assert.NotNull(ended.FinishedAt);
        Assert.All(_world.Nodes, node => Assert.True(node.HasNewData));
    }

    [Theory]
    [InlineData(3650)]
    [InlineData(-3650)]
    public async Task Plan_ClockIsSetByYears_IsNotToBeConfirmedForYears(int days)
    {
        ClusterRestoreRecord plan = await _world.PlanAsync();

        _world.Jump(TimeSpan.FromDays(days));

        Assert.Equal(RestoreState.Cancelled, (await _world.UntilOverAsync(plan.Id)).State);
    }

    [Fact]
    public async Task Kill_BeforeEveryWriteOfTheJournal_GoesOnWhereItWas()
    {
        for (int save = 1; ; save++)
        {
            await using EngineWorld world = await EngineWorld.StartAsync();
            ClusterRestoreRecord plan = await world.PlanAsync();
            world.KillBeforeSave = save;
            world.CountSavesFromNow();
            try
            {
                world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice");
            }
            catch (InvalidOperationException)
            {
                await world.RestartAsync();
                world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice");
            }

            ClusterRestoreRecord ended = await world.UntilOverAsync(plan.Id);

            Assert.True(ended.State == RestoreState.Completed, $"killed before write {save}: {string.Join('\n', ended.Events)}");
            Assert.Empty(world.Violations);
            if (!world.WasKilled)
            {
                Assert.True(save > 30, $"only {save} writes");
                return;
            }
        }
    }

    [Fact]
    public async Task Kill_OnTheWayBack_GoesOnBack()
    {
        for (int save = 1; ; save++)
        {
            await using EngineWorld world = await EngineWorld.StartAsync();
            world.Nodes[1].Fault = step => step == RestoreStep.Check ? new Failure("cp-2", "", FailureCause.EtcdUnavailable, "It does not come up.") : null;
            ClusterRestoreRecord plan = await world.PlanAsync();
            world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice");
            while (world.Store.Find(plan.Id)!.Phase < ClusterPhase.RollingBack)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            world.KillBeforeSave = save;
            world.CountSavesFromNow();
            ClusterRestoreRecord ended = await world.UntilOverAsync(plan.Id);

            Assert.Equal(RestoreState.Failed, ended.State);
            Assert.All(world.Nodes, node => Assert.True(node is { HasNewData: false, EtcdRuns: true, ApiServerRuns: true }));
            Assert.Empty(world.Violations);
            if (!world.WasKilled)
            {
                return;
            }
        }
    }

    [Fact]
    public async Task Plan_NodeThatIsAway_CannotBeCarriedOut()
    {
        _world.Disconnect("cp-2");
        ClusterRestoreRecord plan = await _world.PlanAsync();

        Assert.Equal((ClusterPhase.Over, RestoreState.Failed), (plan.Phase, plan.State));
        Assert.Contains(plan.Obstacles, text => text.StartsWith("cp-2:", StringComparison.Ordinal));
        Assert.Equal(FailureCause.NodeUnavailable, plan.Failure!.Cause);

        ClusterRestoreRecord without = await _world.PlanAsync(request => request.LostNodes.Add("cp-2"));
        Assert.Equal(ClusterPhase.Planned, without.Phase);
        Assert.Equal(["cp-1", "cp-3"], without.Members.Select(node => node.Name));
    }

    [Theory]
    [InlineData("space", "bytes free")]
    [InlineData("quota", "quota")]
    [InlineData("version", "older etcd")]
    [InlineData("noversion", "--target-version")]
    [InlineData("unfinished", "not finished")]
    [InlineData("names", "make no cluster")]
    [InlineData("stranger", "cp-9")]
    public async Task Plan_NodeThatDoesNotFit_SaysWhyAndTouchesNothing(string what, string expected)
    {
        NodeFacts facts = _world.Nodes[1].Facts;
        switch (what)
        {
            case "space": facts.FreeBytes = 1 << 20; break;
            case "quota": facts.QuotaBytes = 8192; break;
            case "version": facts.EtcdVersion = "3.3"; break;
            case "noversion": facts.EtcdVersion = ""; break;
            case "unfinished": facts.Unfinished.Add("01k9"); break;
            case "names": facts.MemberName = "cp-1"; break;
            default: facts.RunningMembers.Add("cp-9=https://cp-9:2380"); break;
        }

        ClusterRestoreRecord plan = await _world.PlanAsync();

        Assert.Equal((ClusterPhase.Over, RestoreState.Failed), (plan.Phase, plan.State));
        Assert.Contains(plan.Obstacles, text => text.Contains(expected, StringComparison.Ordinal));
        Assert.Throws<BackupException>(() => _world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice"));
        Assert.All(_world.Nodes, node => Assert.Equal([RestoreStep.Inspect], node.DoneSteps));
    }

    [Fact]
    public async Task Plan_WhatMakesNoSense_IsRefused()
    {
        await RefusedAsync(FailureCause.NotFound, request => request.Nodes.Add("cp-9"));
        await RefusedAsync(FailureCause.PermissionDenied, request => request.Nodes.Add("worker-1"));
        await RefusedAsync(FailureCause.InvalidRequest, request => request.LostNodes.Add("cp-1"));
        await RefusedAsync(FailureCause.InvalidRequest, request => request.RevisionBump = -1);
        await RefusedAsync(FailureCause.InvalidRequest, request => request.RevisionBump = long.MaxValue);
        await RefusedAsync(FailureCause.InvalidRequest, request => request.Source.Kind = SourceKind.Volume);
        await RefusedAsync(FailureCause.NotFound, request => request.PointId = "7zzzz");
        Assert.Empty(_world.Store.All);
    }

    [Fact]
    public async Task Confirm_ControlPlaneNodeThatCameSince_IsRefused()
    {
        ClusterRestoreRecord plan = await _world.PlanAsync();
        _world.Connect("cp-4", K8sBackup.Transport.Identity.Role.ControlPlane);

        BackupException refusal = Assert.Throws<BackupException>(() => _world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice"));
        Assert.Contains("cp-4", refusal.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(ClusterPhase.Planned, _world.Store.Find(plan.Id)!.Phase);
    }

    [Fact]
    public async Task Plan_WhileAnotherIsUnderWay_IsRefusedAndAfterAPlanItReplacesIt()
    {
        ClusterRestoreRecord first = await _world.PlanAsync();
        ClusterRestoreRecord second = await _world.PlanAsync();
        Assert.Equal(RestoreState.Cancelled, _world.Store.Find(first.Id)!.State);
        _world.Nodes[0].Fault = step => step == RestoreStep.RollBack ? new Failure("cp-1", "", FailureCause.TargetInUse, "Busy.") : null;
        _world.Nodes[1].Fault = step => step == RestoreStep.Stage ? new Failure("cp-2", "", FailureCause.TargetUnusable, "Full.") : null;
        _world.Engine.Confirm(second.Id, ModelCluster.Name, "alice");

        await RefusedAsync(FailureCause.TargetInUse, _ => { });
        _world.Nodes[0].Fault = _ => null;
        Assert.Equal(RestoreState.Failed, (await _world.UntilOverAsync(second.Id)).State);
    }

    [Fact]
    public async Task Away_DuringTheRestore_TakesEverythingBackOnAllWhenItReturns()
    {
        ClusterRestoreRecord plan = await _world.PlanAsync();
        _world.Nodes[2].Fault = step =>
        {
            if (step == RestoreStep.Swap)
            {
                _world.Disconnect("cp-3");
            }

            return step == RestoreStep.Swap ? new Failure("cp-3", "", FailureCause.NodeUnavailable, "Gone.") : null;
        };
        _world.Engine.Confirm(plan.Id, ModelCluster.Name, "alice");
        while (!(_world.Nodes[0].IsOver && _world.Nodes[1].IsOver))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        Assert.Equal(ClusterPhase.Releasing, _world.Store.Find(plan.Id)!.Phase);
        _world.Nodes[2].Fault = _ => null;
        _world.Connect("cp-3", K8sBackup.Transport.Identity.Role.ControlPlane);
        Assert.Equal(RestoreState.Failed, (await _world.UntilOverAsync(plan.Id)).State);
        Assert.All(_world.Nodes, node => Assert.True(node is { HasNewData: false, EtcdRuns: true, ApiServerRuns: true }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WhileADriveWrites_WaitsForItWhetherTheEngineWasStartedOrNot(bool isStarted)
    {
        await using EngineWorld world = await EngineWorld.StartAsync(isStarted);
        using HeldCall write = new(2);
        world.BeforeSave = write.Pass;
        using CancellationTokenSource caller = new();
        Task<ClusterRestoreRecord> planning = world.Engine.PlanAsync(world.Request(), "alice", caller.Token);
        await write.EnteredAsync();

        Task stop = world.Engine.StopAsync(CancellationToken.None);

        await Task.WhenAny(stop, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        Assert.False(stop.IsCompleted);
        write.LetGo();
        await stop.WaitAsync(Patience);
        int written = write.Calls;
        await caller.CancelAsync();
        await planning.WaitAsync(Patience).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Assert.Equal(written, write.Calls);
    }

    [Fact]
    public async Task Start_WhileAPlanIsMade_DrivesItOnce()
    {
        await using EngineWorld world = await EngineWorld.StartAsync(startsEngine: false);
        using HeldCall write = new(2);
        world.BeforeSave = write.Pass;
        Task<ClusterRestoreRecord> planning = world.PlanAsync();
        await write.EnteredAsync();

        await world.Engine.StartAsync(CancellationToken.None);

        Assert.DoesNotContain(world.Log.Written, line => line.Contains("goes on after a restart", StringComparison.Ordinal));
        write.LetGo();
        Assert.Equal(ClusterPhase.Planned, (await planning).Phase);
        await world.RestartAsync();
        Assert.Contains(world.Log.Written, line => line.Contains("goes on after a restart", StringComparison.Ordinal));
    }

    private async Task RefusedAsync(FailureCause cause, Action<PlanClusterRestoreRequest> change)
    {
        BackupException refusal = await Assert.ThrowsAsync<BackupException>(() => _world.PlanAsync(change));
        Assert.Equal(cause, refusal.Failure.Cause);
    }
}
