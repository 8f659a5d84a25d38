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
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);

        await agent.Session.NextAsync(AgentMessage.MessageOneofCase.Heartbeat);
        await agent.Session.NextAsync(AgentMessage.MessageOneofCase.Heartbeat);
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
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        Work work = await agent.BeginWorkAsync();

        await agent.Coordinator.StopAsync();
        await agent.Coordinator.StartAgainAsync();
        FakeSession second = await agent.Coordinator.Sessions.NextAsync();
        agent.Handler.LetGo();
        WorkResult result = await second.ResultAsync();

        Assert.Equal([work.WorkId], second.Hello.WorkIds);
        Assert.Equal(work.WorkId, result.Backup.SnapshotId);
        Assert.Single(agent.Handler.Started);
    }

    [Fact]
    public async Task Renew_WhileWorking_RenewsAndComesBackAtOnceAndWorksOn()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        Work work = await agent.BeginWorkAsync();

        await agent.Session.SendAsync(new CoordinatorMessage { Renew = new RenewIdentity() });
        FakeSession second = await agent.Coordinator.Sessions.NextAsync();
        agent.Handler.LetGo();
        WorkResult result = await second.ResultAsync();

        Assert.Equal(1, agent.Coordinator.Enrolment.Renewed);
        Assert.Equal([work.WorkId], second.Hello.WorkIds);
        Assert.Equal(work.WorkId, result.Backup.SnapshotId);
        Assert.Single(agent.Handler.Started);
    }

    [Fact]
    public async Task Renew_Refused_ComesBackWithTheIdentityItHas()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        agent.Coordinator.Enrolment.Refusals.Enqueue(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "not now"));
        await agent.Session.SendAsync(new CoordinatorMessage { Renew = new RenewIdentity() });
        await agent.Coordinator.Sessions.NextAsync();
        Assert.Equal(0, agent.Coordinator.Enrolment.Renewed);
    }

    [Fact]
    public async Task Work_Running_ReportsProgress()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        await agent.BeginWorkAsync();

        Progress progress;
        do
        {
            progress = (await agent.Session.NextAsync(AgentMessage.MessageOneofCase.Progress)).Progress.Progress;
        }
        while (progress.Phase != "reading");

        Assert.Equal((50, 100), (progress.BytesDone, progress.BytesTotal));
    }

    [Fact]
    public async Task Result_NotAcknowledged_IsRepeatedInTheNextSessionAndAfterRestart()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        agent.Handler.LetGo();
        Work work = WorkMessages.Backup();
        await agent.Session.SendAsync(work);
        Assert.Equal(work.WorkId, (await agent.Session.ResultAsync()).WorkId);
        agent.Session.End();
        Assert.Equal(work.WorkId, (await (await agent.Coordinator.Sessions.NextAsync()).ResultAsync()).WorkId);
        await agent.StopAsync();

        await using AgentHarness again = await AgentHarness.StartAsync(agent.Options, agent.Handler);
        FakeSession third = await agent.Coordinator.Sessions.NextAsync();
        Assert.Equal([work.WorkId], third.Hello.WorkIds);
        Assert.Equal(work.WorkId, (await third.ResultAsync()).Backup.SnapshotId);
        await third.SendAsync(new CoordinatorMessage { Acknowledged = new ResultAcknowledged { WorkId = work.WorkId } });
        await Eventually.TrueAsync(() => Directory.GetFiles(agent.Options.ResultsDirectory).Length == 0);
        Assert.Single(agent.Handler.Started);
    }

    [Fact]
    public async Task Work_SentTwice_RunsOnce()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        Work work = WorkMessages.Backup();
        await agent.Session.SendAsync(work);
        await agent.Session.SendAsync(work);
        agent.Handler.LetGo();
        await agent.Session.ResultAsync();
        await agent.Session.SendAsync(work);
        Work other = WorkMessages.Backup();
        await agent.Session.SendAsync(other);
        Assert.Equal(other.WorkId, (await agent.Session.ResultAsync()).WorkId);

        Assert.Equal([work.WorkId, other.WorkId], agent.Handler.Started);
    }

    [Fact]
    public async Task Cancel_RunningWork_FailsAsCancelled()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        Work work = await agent.BeginWorkAsync();

        await agent.Session.SendAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = work.WorkId } });
        WorkResult result = await agent.Session.ResultAsync();

        Assert.Equal("Cancelled", result.Failure.Cause);
        Assert.Equal($"volume/data@{AgentHarness.Node}", result.Failure.Source);
    }

    [Fact]
    public async Task Backups_MoreThanTwo_Wait()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        for (int i = 0; i < 4; i++)
        {
            await agent.Session.SendAsync(WorkMessages.Backup());
        }

        await agent.Handler.StartedSignal.WaitAsync();
        await agent.Handler.StartedSignal.WaitAsync();
        agent.Handler.LetGo();
        for (int i = 0; i < 4; i++)
        {
            await agent.Session.ResultAsync();
        }

        Assert.Equal(2, agent.Handler.RunningMax);
    }

    [Fact]
    public async Task Stop_WhileWorking_LeavesNoResultBehind()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        await agent.BeginWorkAsync();

        await agent.StopAsync();

        Assert.Empty(Directory.GetFiles(agent.Options.ResultsDirectory));
    }

    [Theory]
    [InlineData("node-2", "volume/data@node-2")]
    [InlineData("Not a name", "")]
    public async Task Work_ForAnotherNode_IsRefused(string node, string source)
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        await agent.Session.SendAsync(WorkMessages.Backup(node: node));

        WorkResult result = await agent.Session.ResultAsync();

        Assert.Equal("InvalidRequest", result.Failure.Cause);
        Assert.Equal(source, result.Failure.Source);
        Assert.Empty(agent.Handler.Started);
    }

    [Fact]
    public async Task Work_WithIdThatIsAPath_IsIgnored()
    {
        await using ConnectedAgent agent = await ConnectedAgent.StartAsync(_directory.Path);
        agent.Handler.LetGo();
        await agent.Session.SendAsync(WorkMessages.Backup("../../etc/passwd"));
        Work good = WorkMessages.Backup();
        await agent.Session.SendAsync(good);

        Assert.Equal(good.WorkId, (await agent.Session.ResultAsync()).WorkId);
        Assert.Single(agent.Handler.Started);
    }
}
