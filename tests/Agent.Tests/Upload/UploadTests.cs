using Grpc.Core;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Upload;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Tests.Upload;

public sealed class UploadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(400, 10_000)]
    [InlineData(40, 200_000)]
    [InlineData(5, 1024 * 1024)]
    public async Task Upload_AnyChunkSize_SendsEveryChunkOnceAndCommits(int chunks, int chunkBytes)
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        WorkResult result = await BackUpAsync(coordinator, new SyntheticSource(chunks, chunkBytes));

        Assert.NotEqual("", result.Backup?.SnapshotId);
        Finish finish = Assert.Single(coordinator.Upload.Finished);
        Assert.True(coordinator.Upload.Chunks.Count > chunks);
        Assert.InRange(finish.Counts.SentBytes, (long)chunks * chunkBytes, ((long)chunks * chunkBytes) + 1_000_000);
        Assert.Empty(coordinator.Upload.Violations);
    }

    [Fact]
    public async Task Upload_StreamBreaksTwice_ResumesWithoutSendingAgain()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Upload.BreakAfterFrames.Enqueue(7);
        coordinator.Upload.BreakAfterFrames.Enqueue(9);
        SyntheticSource source = new(60, 150_000);

        WorkResult result = await BackUpAsync(coordinator, source);

        Assert.NotNull(result.Backup);
        Assert.Equal(3, source.Captures);
        Assert.Empty(coordinator.Upload.Violations);
        Assert.Single(coordinator.Upload.Finished);
    }

    [Fact]
    public async Task Upload_CoordinatorRestarts_CarriesOn()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        TaskCompletionSource acknowledge = new(TaskCreationOptions.RunContinuationsAsynchronously);
        coordinator.Upload.AcknowledgeAfter = acknowledge.Task;
        coordinator.Upload.WindowBytes = 4 * 1024 * 1024;
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), new SyntheticSource(60, 150_000));
        FakeSession first = await coordinator.Sessions.NextAsync();
        await first.SendAsync(WorkMessages.Backup());
        await Eventually.TrueAsync(() => coordinator.Upload.FramesSent > 5);

        await coordinator.StopAsync();
        acknowledge.SetResult();
        await coordinator.StartAgainAsync();
        WorkResult result = await (await coordinator.Sessions.NextAsync()).ResultAsync();

        Assert.NotNull(result.Backup);
        Assert.Empty(coordinator.Upload.Violations);
    }

    /// <summary>Delays never end here: only a session that opens has the upload tried again.</summary>
    [Fact]
    public async Task Upload_SessionOpens_IsTriedAgainAtOnce()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Upload.Refusals.Enqueue(new Status(StatusCode.Unavailable, "later"));
        coordinator.Upload.Refusals.Enqueue(new Status(StatusCode.Unavailable, "later"));
        SyntheticSource source = new(3, 1000);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), services => services
            .AddSingleton(new FullJitter(new Random(7), new ManualTimeProvider()))
            .AddSingleton(new BackupSources(new Dictionary<SourceKind, Func<BackupTask, IBackupSource>> { [SourceKind.Volume] = _ => source })));
        await (await coordinator.Sessions.NextAsync()).SendAsync(WorkMessages.Backup());
        CoordinatorLink link = agent.Services.GetRequiredService<CoordinatorLink>();

        await Eventually.TrueAsync(() =>
        {
            link.NoteSession();
            return !coordinator.Upload.Finished.IsEmpty;
        });

        Assert.Equal(3, coordinator.Upload.Attempts);
    }

    [Fact]
    public async Task Upload_NothingAcknowledged_StaysWithinTheWindow()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        TaskCompletionSource acknowledge = new(TaskCreationOptions.RunContinuationsAsynchronously);
        coordinator.Upload.AcknowledgeAfter = acknowledge.Task;
        coordinator.Upload.WindowBytes = 4 * 1024 * 1024;
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), new SyntheticSource(60, 256 * 1024));
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup());
        await Eventually.TrueAsync(() => coordinator.Upload.InFlightMax > 2 * 1024 * 1024);
        acknowledge.SetResult();

        Assert.NotNull((await session.ResultAsync()).Backup);
        Assert.True(coordinator.Upload.InFlightMax <= coordinator.Upload.WindowBytes);
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, "Internal")]
    [InlineData(StatusCode.PermissionDenied, "PermissionDenied")]
    [InlineData(StatusCode.NotFound, "NotFound")]
    [InlineData(StatusCode.DataLoss, "StoreCorrupt")]
    public async Task Upload_PermanentRefusal_FailsAtOnceWithNodeSourceAndCause(StatusCode status, string cause)
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        coordinator.Upload.Refusals.Enqueue(new Status(status, "No."));

        WorkResult result = await BackUpAsync(coordinator, new SyntheticSource(3, 1000));

        Assert.Equal((AgentHarness.Node, $"volume/data@{AgentHarness.Node}", cause), (result.Failure.Node, result.Failure.Source, result.Failure.Cause));
        Assert.Equal(1, coordinator.Upload.Attempts);
    }

    [Fact]
    public async Task Upload_CancelledWhileNothingIsAcknowledged_Ends()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        TaskCompletionSource never = new();
        coordinator.Upload.AcknowledgeAfter = never.Task;
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), new SyntheticSource(200, 256 * 1024));
        FakeSession session = await coordinator.Sessions.NextAsync();
        Work work = WorkMessages.Backup();
        await session.SendAsync(work);
        await Eventually.TrueAsync(() => coordinator.Upload.FramesSent > 3);

        await session.SendAsync(new CoordinatorMessage { Cancel = new CancelWork { WorkId = work.WorkId } });
        WorkResult result = await session.ResultAsync();

        Assert.Equal("Cancelled", result.Failure.Cause);
    }

    private async Task<WorkResult> BackUpAsync(FakeCoordinator coordinator, SyntheticSource source)
    {
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(coordinator, _directory.Path), source);
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup());
        return await session.ResultAsync();
    }
}
