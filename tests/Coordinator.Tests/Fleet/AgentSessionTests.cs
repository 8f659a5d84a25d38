using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using Role = K8sBackup.Transport.Identity.Role;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Fleet;

public sealed class AgentSessionTests : IAsyncLifetime
{
    private static readonly RunId Run = RunId.Create(TimeProvider.System);
    private readonly TestCoordinator _coordinator = new();

    public async Task InitializeAsync() => await _coordinator.StartAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Connect_Hello_IsWelcomedAndListed()
    {
        using TestAgent agent = await ConnectAsync("w-1", labels: ("zone", "a"));
        Assert.True(_coordinator.Nodes.IsConnected("w-1"));
        NodeRecord node = _coordinator.Nodes.Find("w-1")!;
        Assert.Equal(Role.Worker, node.Role);
        Assert.Equal("a", node.Labels["zone"]);
        await agent.LeaveAsync();
        await Eventually.TrueAsync(() => !_coordinator.Nodes.IsConnected("w-1"));
    }

    [Fact]
    public async Task Connect_WithoutHelloFirst_IsInvalid()
    {
        using TestAgent agent = Open("w-1");
        await agent.SendAsync(new Wire.AgentMessage { Heartbeat = new Wire.Heartbeat() });
        Assert.Equal(StatusCode.InvalidArgument, await agent.EndStatusAsync());
    }

    [Fact]
    public async Task Connect_SecondSessionOfTheNode_AbortsTheFirst()
    {
        using TestAgent first = await ConnectAsync("w-1");
        using TestAgent second = await ConnectAsync("w-1");
        Assert.Equal(StatusCode.Aborted, await first.EndStatusAsync());
        Assert.True(_coordinator.Nodes.IsConnected("w-1"));
    }

    [Fact]
    public async Task Connect_CoordinatorStops_IsUnavailable()
    {
        using TestAgent agent = await ConnectAsync("w-1");
        Task<StatusCode> end = agent.EndStatusAsync();
        await _coordinator.StopAsync();
        Assert.Equal(StatusCode.Unavailable, await end);
    }

    [Theory]
    [InlineData(Role.Operator)]
    [InlineData(null)]
    public async Task Connect_CallerIsNoAgent_IsRefused(Role? role)
    {
        using TestAgent agent = new(role is { } known ? _coordinator.ChannelOf(known, "alice") : _coordinator.ChannelWithoutCertificate());
        Assert.Equal(role is null ? StatusCode.Unauthenticated : StatusCode.PermissionDenied, await agent.EndStatusAsync());
    }

    [Fact]
    public async Task Connect_CertificateOfAnotherAuthority_DoesNotGetThroughTheHandshake()
    {
        using CertificateAuthority foreign = CertificateAuthority.OpenOrCreate(Path.Combine(_coordinator.Directory, "foreign"), "prod", TimeProvider.System);
        LocalIdentity identity = _coordinator.IdentityOf(foreign, new PeerIdentity("prod", Role.Worker, "w-1"), TimeSpan.FromHours(1));
        using TestAgent agent = new(_coordinator.ChannelOf(identity));
        Assert.Equal(StatusCode.Unavailable, await agent.EndStatusAsync());
    }

    [Fact]
    public async Task Connect_ExpiredCertificate_DoesNotGetThroughTheHandshake()
    {
        LocalIdentity identity = _coordinator.IdentityOf(_coordinator.Authority, new PeerIdentity("prod", Role.Worker, "w-1"), TimeSpan.FromSeconds(-1));
        using TestAgent agent = new(_coordinator.ChannelOf(identity));
        Assert.Equal(StatusCode.Unavailable, await agent.EndStatusAsync());
    }

    [Fact]
    public async Task Work_PutUpBeforeAndAfter_IsDeliveredOnceAndCancelled()
    {
        WorkItem before = _coordinator.Board.Add(Item("w-1", "before"));
        using TestAgent agent = await ConnectAsync("w-1");
        Assert.Equal(before.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
        WorkItem after = _coordinator.Board.Add(Item("w-1", "after"));
        Assert.Equal(after.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
        _coordinator.Board.Add(Item("w-2", "foreign"));
        _coordinator.Board.Cancel(after.WorkId);
        Assert.Equal(after.WorkId, (await agent.ReceiveAsync()).Cancel.WorkId);
    }

    [Fact]
    public async Task Work_NamedInHello_IsNotSentAgain()
    {
        WorkItem known = _coordinator.Board.Add(Item("w-1", "known"));
        using TestAgent agent = await ConnectAsync("w-1", [known.WorkId]);
        WorkItem other = _coordinator.Board.Add(Item("w-1", "other"));
        Assert.Equal(other.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
        Assert.True(known.Started);
    }

    [Fact]
    public async Task Work_OverWhileTheAgentWasAway_IsCancelled()
    {
        WorkItem over = _coordinator.Board.Add(Item("w-1", "over"));
        _coordinator.Board.ReportResult(over.WorkId, new WorkOutcome.Failed(new Failure("w-1", "", FailureCause.TimedOut, "x")));
        using TestAgent agent = await ConnectAsync("w-1", [over.WorkId]);
        Assert.Equal(over.WorkId, (await agent.ReceiveAsync()).Cancel.WorkId);
    }

    /// <summary>The coordinator knows of a commit before the agent does; whoever is called off then reports a failure that is none.</summary>
    [Fact]
    public async Task Work_OverAfterTheAgentCameBack_IsNotCancelled()
    {
        WorkItem known = _coordinator.Board.Add(Item("w-1", "known"));
        using TestAgent agent = await ConnectAsync("w-1", [known.WorkId]);
        WorkItem second = _coordinator.Board.Add(Item("w-1", "second"));
        Assert.Equal(second.WorkId, (await agent.ReceiveAsync()).Work.WorkId);

        _coordinator.Board.ReportResult(known.WorkId, new WorkOutcome.SnapshotCommitted(_coordinator.Repository.Commit(Run, known.Source)));
        WorkItem third = _coordinator.Board.Add(Item("w-1", "third"));

        Assert.Equal(third.WorkId, (await agent.ReceiveAsync()).Work?.WorkId);
    }

    [Fact]
    public async Task Work_OfAControlPlaneSource_IsNeverSentToAWorker()
    {
        _coordinator.Board.Add(WorkItem.ForBackup(
            new BackupWork(Run, "nightly", new SourceKey("w-1", SourceKind.Etcd, "etcd"), DateTimeOffset.UnixEpoch), new Wire.BackupTask()));
        using TestAgent agent = await ConnectAsync("w-1");
        WorkItem volume = _coordinator.Board.Add(Item("w-1", "data"));
        Assert.Equal(volume.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
    }

    [Fact]
    public async Task Result_Failure_EndsTheWorkWithThePlaceTheCoordinatorKnows()
    {
        WorkItem item = _coordinator.Board.Add(Item("w-1", "data"));
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        await agent.SendAsync(new Wire.AgentMessage { Progress = new Wire.WorkProgress { WorkId = item.WorkId, Progress = new Wire.Progress { BytesDone = 9 } } });
        await agent.SendAsync(FailureOf(item.WorkId));
        Assert.Equal(item.WorkId, (await agent.ReceiveAsync()).Acknowledged.WorkId);
        WorkOutcome.Failed failed = Assert.IsType<WorkOutcome.Failed>(await item.Completion);
        Assert.Equal(new Failure("w-1", "volume/data@w-1", FailureCause.SourceMissing, "gone"), failed.Failure);
        Assert.Equal(9, item.Progress.BytesDone);
    }

    [Fact]
    public async Task Result_SnapshotInTheStore_CompletesTheWork()
    {
        WorkItem item = _coordinator.Board.Add(Item("w-1", "data"));
        SnapshotManifest manifest = _coordinator.Repository.Commit(Run, item.Source);
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        await agent.SendAsync(BackupOf(item.WorkId, manifest.Id.ToString()));
        Assert.Equal(manifest, Assert.IsType<WorkOutcome.SnapshotCommitted>(await item.Completion).Manifest);
    }

    [Fact]
    public async Task Result_SnapshotNotInTheStore_IsNotBelieved()
    {
        WorkItem item = _coordinator.Board.Add(Item("w-1", "data"));
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        await agent.SendAsync(BackupOf(item.WorkId, SnapshotId.Create(TimeProvider.System).ToString()));
        Assert.Equal(FailureCause.ProtocolViolation, Assert.IsType<WorkOutcome.Failed>(await item.Completion).Failure.Cause);
    }

    [Fact]
    public async Task Result_OfUnknownWork_IsAcknowledgedAndForgotten()
    {
        using TestAgent agent = await ConnectAsync("w-1");
        await agent.SendAsync(FailureOf("b-gone"));
        Assert.Equal("b-gone", (await agent.ReceiveAsync()).Acknowledged.WorkId);
    }

    [Fact]
    public async Task Result_BeforeTheWorkIsPutUpAgain_IsForgottenAndTheWorkSentAnew()
    {
        WorkItem item = Item("w-1", "data");
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        await agent.SendAsync(FailureOf(item.WorkId));
        Assert.Equal(item.WorkId, (await agent.ReceiveAsync()).Acknowledged.WorkId);
        _coordinator.Board.Add(item);
        Assert.Equal(item.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
    }

    [Fact]
    public async Task Result_WorkUnknownAfterItWasPutUpAgain_RepeatsTheWork()
    {
        WorkItem item = _coordinator.Board.Add(Item("w-1", "data"));
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        for (int i = 0; i < 3; i++)
        {
            await agent.SendAsync(FailureOf(item.WorkId, FailureCause.WorkUnknown));
            Assert.Equal(item.WorkId, (await agent.ReceiveAsync()).Acknowledged.WorkId);
            Assert.Equal(item.WorkId, (await agent.ReceiveAsync()).Work.WorkId);
        }

        // An agent that says so again and again has another trouble.
        await agent.SendAsync(FailureOf(item.WorkId, FailureCause.WorkUnknown));
        Assert.Equal(FailureCause.WorkUnknown, Assert.IsType<WorkOutcome.Failed>(await item.Completion).Failure.Cause);
    }

    [Fact]
    public async Task Result_WorkUnknownAfterItWasCancelled_EndsIt()
    {
        WorkItem item = _coordinator.Board.Add(Item("w-1", "data"));
        using TestAgent agent = await ConnectAsync("w-1", [item.WorkId]);
        _coordinator.Board.Cancel(item.WorkId);
        await agent.SendAsync(FailureOf(item.WorkId, FailureCause.WorkUnknown));
        Assert.IsType<WorkOutcome.Failed>(await item.Completion);
    }

    [Fact]
    public async Task Result_OfAnotherNodesWork_EndsTheSessionAndChangesNothing()
    {
        WorkItem foreign = _coordinator.Board.Add(Item("w-2", "data"));
        using TestAgent agent = await ConnectAsync("w-1");
        await agent.SendAsync(FailureOf(foreign.WorkId));
        Assert.Equal(StatusCode.PermissionDenied, await agent.EndStatusAsync());
        Assert.False(foreign.Completion.IsCompleted);
    }

    private static Wire.AgentMessage FailureOf(string workId, FailureCause cause = FailureCause.SourceMissing) => new()
    {
        Result = new Wire.WorkResult
        {
            WorkId = workId,
            Failure = new Wire.Failure { Node = "liar", Source = "volume/x@liar", Cause = cause.ToString(), Message = "gone" },
        },
    };

    private static Wire.AgentMessage BackupOf(string workId, string snapshot) =>
        new() { Result = new Wire.WorkResult { WorkId = workId, Backup = new Wire.BackupResult { SnapshotId = snapshot } } };

    private static WorkItem Item(string node, string name) => WorkItem.ForBackup(
        new BackupWork(Run, "nightly", new SourceKey(node, SourceKind.Volume, name), DateTimeOffset.UnixEpoch), new Wire.BackupTask());

    private TestAgent Open(string node) => new(_coordinator.ChannelOf(Role.Worker, node));

    private async Task<TestAgent> ConnectAsync(string node, string[]? work = null, params (string Key, string Value)[] labels)
    {
        TestAgent agent = Open(node);
        await agent.GreetAsync(work ?? [], labels);
        return agent;
    }
}
