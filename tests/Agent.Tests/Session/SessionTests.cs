using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Session;

public sealed class SessionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Connected_Idle_SendsHeartbeats()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), new ScriptedHandler());
        FakeSession session = await coordinator.Sessions.NextAsync();

        await session.NextAsync(AgentMessage.MessageOneofCase.Heartbeat);
        await session.NextAsync(AgentMessage.MessageOneofCase.Heartbeat);
    }

    [Fact]
    public async Task Connected_ClockSetBack_SendsHeartbeats()
    {
        ManualTimeProvider clock = new(TimeProvider.System.GetUtcNow());
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), clock: clock);
        FakeSession session = await coordinator.Sessions.NextAsync();
        for (int i = 0; i < 2; i++)
        {
            Task<AgentMessage> next = session.NextAsync(AgentMessage.MessageOneofCase.Heartbeat);
            await clock.AdvanceUntilAsync(() => next.IsCompleted, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(20));
            await next;
            clock.Jump(TimeSpan.FromDays(-3650));
        }
    }

    [Fact]
    public async Task Session_BrokenWhileWorking_ComesBackAndNamesTheWork()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession first = await coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup();
        await first.SendAsync(work);
        await handler.StartedSignal.WaitAsync();

        await coordinator.StopAsync();
        await coordinator.StartAgainAsync();
        FakeSession second = await coordinator.Sessions.NextAsync();
        handler.LetGo();
        WorkResult result = await second.ResultAsync();

        Assert.Equal([work.WorkId], second.Hello.WorkIds);
        Assert.Equal(work.WorkId, result.Backup.SnapshotId);
        Assert.Single(handler.Started);
    }

    [Fact]
    public async Task Renew_WhileWorking_RenewsAndComesBackAtOnceAndWorksOn()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession first = await coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup();
        await first.SendAsync(work);
        await handler.StartedSignal.WaitAsync();

        await first.SendAsync(new CoordinatorMessage { Renew = new RenewIdentity() });
        FakeSession second = await coordinator.Sessions.NextAsync();
        handler.LetGo();
        WorkResult result = await second.ResultAsync();

        Assert.Equal(1, coordinator.Enrolment.Renewed);
        Assert.Equal([work.WorkId], second.Hello.WorkIds);
        Assert.Equal(work.WorkId, result.Backup.SnapshotId);
        Assert.Single(handler.Started);
    }

    [Fact]
    public async Task Renew_Refused_ComesBackWithTheIdentityItHas()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), new ScriptedHandler());
        FakeSession first = await coordinator.Sessions.NextAsync();
        coordinator.Enrolment.Refusals.Enqueue(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "not now"));
        await first.SendAsync(new CoordinatorMessage { Renew = new RenewIdentity() });
        await coordinator.Sessions.NextAsync();
        Assert.Equal(0, coordinator.Enrolment.Renewed);
    }

    [Fact]
    public async Task Work_Running_ReportsProgress()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup());
        await handler.StartedSignal.WaitAsync();

        Progress progress;
        do
        {
            progress = (await session.NextAsync(AgentMessage.MessageOneofCase.Progress)).Progress.Progress;
        }
        while (progress.Phase != "reading");

        Assert.Equal((50, 100), (progress.BytesDone, progress.BytesTotal));
    }

    [Fact]
    public async Task Result_NotAcknowledged_IsRepeatedInTheNextSessionAndAfterRestart()
    {
        ScriptedHandler handler = new();
        handler.LetGo();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        Work work = WorkMessages.Backup();
        await using (AgentHarness agent = await AgentHarness.StartAsync(options, handler))
        {
            FakeSession first = await coordinator.Sessions.NextAsync();
            await first.SendAsync(work);
            Assert.Equal(work.WorkId, (await first.ResultAsync()).WorkId);
            first.End();
            Assert.Equal(work.WorkId, (await (await coordinator.Sessions.NextAsync()).ResultAsync()).WorkId);
        }

        await using AgentHarness again = await AgentHarness.StartAsync(options, handler);
        FakeSession third = await coordinator.Sessions.NextAsync();
        Assert.Equal([work.WorkId], third.Hello.WorkIds);
        Assert.Equal(work.WorkId, (await third.ResultAsync()).Backup.SnapshotId);
        await third.SendAsync(new CoordinatorMessage { Acknowledged = new ResultAcknowledged { WorkId = work.WorkId } });
        await Eventually.TrueAsync(() => Directory.GetFiles(options.ResultsDirectory).Length == 0);
        Assert.Single(handler.Started);
    }

    [Fact]
    public async Task Work_SentTwice_RunsOnce()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup();
        await session.SendAsync(work);
        await session.SendAsync(work);
        handler.LetGo();
        await session.ResultAsync();
        await session.SendAsync(work);
        Work other = WorkMessages.Backup();
        await session.SendAsync(other);
        Assert.Equal(other.WorkId, (await session.ResultAsync()).WorkId);

        Assert.Equal([work.WorkId, other.WorkId], handler.Started);
    }

    [Fact]
    public async Task Cancel_RunningWork_FailsAsCancelled()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup();
        await session.SendAsync(work);
        await handler.StartedSignal.WaitAsync();

        await session.SendAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = work.WorkId } });
        WorkResult result = await session.ResultAsync();

        Assert.Equal("Cancelled", result.Failure.Cause);
        Assert.Equal($"volume/data@{AgentHarness.Node}", result.Failure.Source);
    }

    [Fact]
    public async Task Backups_MoreThanTwo_Wait()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        for (int i = 0; i < 4; i++)
        {
            await session.SendAsync(WorkMessages.Backup());
        }

        await handler.StartedSignal.WaitAsync();
        await handler.StartedSignal.WaitAsync();
        handler.LetGo();
        for (int i = 0; i < 4; i++)
        {
            await session.ResultAsync();
        }

        Assert.Equal(2, handler.RunningMax);
    }

    [Fact]
    public async Task Stop_WhileWorking_LeavesNoResultBehind()
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        AgentOptions options = AgentHarness.Options(coordinator, _directory.Path);
        await using (AgentHarness agent = await AgentHarness.StartAsync(options, handler))
        {
            FakeSession session = await coordinator.Sessions.NextAsync();
            await session.SendAsync(WorkMessages.Backup());
            await handler.StartedSignal.WaitAsync();
        }

        Assert.Empty(Directory.GetFiles(options.ResultsDirectory));
    }

    [Theory]
    [InlineData("node-2", "volume/data@node-2")]
    [InlineData("Not a name", "")]
    public async Task Work_ForAnotherNode_IsRefused(string node, string source)
    {
        ScriptedHandler handler = new();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup(node: node));

        WorkResult result = await session.ResultAsync();

        Assert.Equal("InvalidRequest", result.Failure.Cause);
        Assert.Equal(source, result.Failure.Source);
        Assert.Empty(handler.Started);
    }

    [Fact]
    public async Task Work_WithIdThatIsAPath_IsIgnored()
    {
        ScriptedHandler handler = new();
        handler.LetGo();
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), handler);
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup("../../etc/passwd"));
        Work good = WorkMessages.Backup();
        await session.SendAsync(good);

        Assert.Equal(good.WorkId, (await session.ResultAsync()).WorkId);
        Assert.Single(handler.Started);
    }
}
