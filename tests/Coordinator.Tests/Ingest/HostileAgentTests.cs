using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.V1;
using Role = K8sBackup.Transport.Identity.Role;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>An agent that was taken over: whatever it sends, nothing is listed, and others are not disturbed.</summary>
public sealed class HostileAgentTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey Foreign = new("node-2", SourceKind.Volume, "data");
    private static readonly byte[] Secret = UploadServiceTests.Bytes(77, 5000);
    private TestStore _store = null!;

    public static TheoryData<string, StatusCode, Action<Frame>> BadFrames => new()
    {
        { "wrong hash", StatusCode.DataLoss, f => f.ChunkIds = ByteString.CopyFrom(new byte[32]) },
        { "damaged payload", StatusCode.DataLoss, f => f.Payload = ByteString.CopyFrom(UploadServiceTests.Bytes(9, 1000)) },
        { "gap", StatusCode.InvalidArgument, f => f.Seq = 3 },
        { "repeated seq", StatusCode.InvalidArgument, f => f.Seq = 0 },
        { "no content", StatusCode.InvalidArgument, f => f.Content = FrameContent.Unspecified },
        { "unknown compression", StatusCode.InvalidArgument, f => f.Compression = (Compression)9 },
        { "not decompressible", StatusCode.InvalidArgument, f => f.Compression = Compression.Zstd },
        { "half an id", StatusCode.InvalidArgument, f => f.ChunkIds = ByteString.CopyFrom(new byte[33]) },
        { "no chunks", StatusCode.InvalidArgument, f => { f.Lengths.Clear(); f.ChunkIds = ByteString.Empty; } },
        { "empty chunk", StatusCode.InvalidArgument, f => f.Lengths[0] = 0 },
        { "negative length", StatusCode.InvalidArgument, f => f.Lengths[0] = unchecked((uint)-1) },
        { "chunk too long", StatusCode.InvalidArgument, f => f.Lengths[0] = MessageLimits.ChunkBytesMax + 1 },
        { "more bytes than announced", StatusCode.InvalidArgument, f => f.Lengths[0]-- },
        { "no payload", StatusCode.InvalidArgument, f => f.Payload = ByteString.Empty },
        { "payload too long", StatusCode.InvalidArgument, f => f.Payload = ByteString.CopyFrom(new byte[MessageLimits.FramePayloadBytesMax + 1]) },
        { "too many chunks", StatusCode.InvalidArgument, f => Repeat(f, MessageLimits.FrameChunksMax + 1, 1) },
        { "too many bytes", StatusCode.InvalidArgument, f => Repeat(f, 3, MessageLimits.ChunkBytesMax / 2) },
    };

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        await _store.BackUpAsync(Foreign, async agent => await agent.TreeAsync(await agent.FileAsync("secret", Secret)));
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task Send_BadFrame_IsRefused(string what, StatusCode code, Action<Frame> spoil)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Frame frame = agent.FrameOf(UploadServiceTests.Bytes(1, 1000));
        Assert.Equal(Compression.None, frame.Compression);
        spoil(frame);
        await agent.SendAsync(frame);
        RpcException status = await Rpc.RefusedAsync(code, agent.Call);
        Assert.True(status.Status.Detail.Length > 0, what);
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Send_HeaderThatNeverComes_IsCutOff()
    {
        await using TestStore store = await TestStore.CreateAsync(UploadLimits.Default with { HeaderTimeout = TimeSpan.FromMilliseconds(20) });
        Task silent = store.Uploads.Send(new MessagePipe<UploadRequest>(), new MessagePipe<UploadResponse>(), new TestCall(new PeerIdentity("prod", Role.Worker, "node-1")));
        RpcException status = await Rpc.RefusedAsync(StatusCode.DeadlineExceeded, silent);
        Assert.Contains("sent nothing", status.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("node-2", Role.Worker, SourceKind.Volume)]
    [InlineData("node-1", Role.Worker, SourceKind.Etcd)]
    [InlineData("node-1", Role.Worker, SourceKind.ControlPlaneFiles)]
    [InlineData("node-1", Role.Operator, SourceKind.Volume)]
    public async Task Send_WorkOfOthers_IsPermissionDenied(string node, Role role, SourceKind kind)
    {
        WorkItem item = _store.AddBackup(new SourceKey("node-1", kind, "data"));
        PeerIdentity caller = new("prod", role, node);
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, UploadAgent.OpenAsync(_store, item, caller));
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, _store.Uploads.ReadParent(
            new ReadParentRequest { WorkId = item.WorkId }, new MessagePipe<ParentMessage>(), new TestCall(caller)));
    }

    [Theory]
    [InlineData("b-unknown")]
    [InlineData("../../etc/passwd")]
    [InlineData("")]
    public async Task Send_UnknownWork_IsNotFound(string work)
    {
        await using UploadAgent agent = UploadAgent.Start(_store, TestStore.AgentOf(Volume));
        await agent.SendAsync(new UploadRequest { Header = new UploadHeader { WorkId = work } });
        await Rpc.RefusedAsync(StatusCode.NotFound, agent.Call);
    }

    [Fact]
    public async Task Send_RestoreWork_IsPermissionDenied()
    {
        RestoreWork restore = new(RestoreId.Create(TimeProvider.System), SnapshotId.Create(TimeProvider.System), Volume, []);
        WorkItem item = _store.Board.Add(WorkItem.ForRestore("node-1", restore, new RestoreTask()));
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, UploadAgent.OpenAsync(_store, item));
    }

    [Fact]
    public async Task Send_FailedWork_IsNotFound()
    {
        WorkItem item = _store.AddBackup(Volume);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Model.Outcomes.Failure("", "", Model.Outcomes.FailureCause.TimedOut, "x")));
        await Rpc.RefusedAsync(StatusCode.NotFound, UploadAgent.OpenAsync(_store, item));
    }

    [Fact]
    public async Task Send_FrameBeforeHeader_IsRefused()
    {
        await using UploadAgent agent = UploadAgent.Start(_store, TestStore.AgentOf(Volume));
        await agent.SendAsync(agent.FrameOf(Secret));
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, agent.Call);
    }

    [Fact]
    public async Task Send_SecondHeader_IsRefused()
    {
        WorkItem item = _store.AddBackup(Volume);
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, item);
        await agent.SendAsync(new UploadRequest { Header = new UploadHeader { WorkId = item.WorkId } });
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, agent.Call);
    }

    [Fact]
    public async Task Finish_ChunkOfAnotherNode_IsRefusedAsIfNobodyHadIt()
    {
        string foreign = await RefusalOfAsync(ChunkId.Of(Secret));
        string absent = await RefusalOfAsync(ChunkId.Of("nobody has this"u8));
        Assert.Equal(
            absent.Replace(ChunkId.Of("nobody has this"u8).ToString(), "", StringComparison.Ordinal),
            foreign.Replace(ChunkId.Of(Secret).ToString(), "", StringComparison.Ordinal));
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_RootOfAnotherNode_IsRefused()
    {
        ChunkId root = Assert.Single(await _store.ListedAsync()).Root;
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Finish finish = await agent.TreeAsync();
        finish.Root = ByteString.CopyFrom(root.ToArray());
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish));
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_ParentOfAnotherNode_IsRefused()
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Finish finish = await agent.TreeAsync(UploadAgent.File("stolen", Secret.Length, new Extent(0, ChunkId.Of(Secret), 0, Secret.Length)));
        finish.ParentSnapshotId = Assert.Single(await _store.ListedAsync()).Id.ToString();
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish));
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_TreesThatCannotBeRestored_AreRefused()
    {
        await RefusedTreeAsync(async a => [UploadAgent.File("f", 5000, new Extent(0, await a.AddAsync(new byte[100], default), 50, 100))]);
        await RefusedTreeAsync(_ => Task.FromResult<TreeEntry[]>([UploadAgent.HardLink("a", "b"), UploadAgent.File("b", 0)]));
        await RefusedTreeAsync(_ => Task.FromResult<TreeEntry[]>([UploadAgent.Directory("d"), UploadAgent.HardLink("e", "d")]));
        await RefusedTreeAsync(_ => Task.FromResult<TreeEntry[]>([UploadAgent.HardLink("e", "../../etc/shadow")]));
        await RefusedTreeAsync(async a =>
        {
            TreeEntry file = await a.FileAsync("s", new byte[10]);
            return [file with { Kind = Model.Trees.EntryKind.Symlink }];
        });
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_BytesThatAreNoTree_IsRefused()
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        ChunkId root = await agent.AddAsync("no tree at all"u8.ToArray(), CancellationToken.None);
        Finish finish = new() { Root = ByteString.CopyFrom(root.ToArray()), Outcome = Outcome.Completed };
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish));
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_MalformedFacts_AreRefused()
    {
        await RefusedFinishAsync(Volume, f => f.Root = ByteString.CopyFrom(new byte[31]));
        await RefusedFinishAsync(Volume, f => f.ParentSnapshotId = "../x");
        await RefusedFinishAsync(Volume, f => f.Items.AddRange(Enumerable.Range(0, 1001).Select(_ => new ItemOutcome())));
        await RefusedFinishAsync(Volume, f => f.Etcd = EvidenceSamples.Verified(1));
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Finish_EtcdWithoutFullEvidence_IsRefused()
    {
        SourceKey etcd = new("cp-1", SourceKind.Etcd, "main");
        await RefusedFinishAsync(etcd, _ => { });
        await RefusedFinishAsync(etcd, f => f.Etcd = EvidenceSamples.Verified(1));
        await RefusedFinishAsync(etcd, f => (f.Etcd = EvidenceSamples.Verified(1)).Verified.RemoveAt(2));
        await RefusedFinishAsync(etcd, f => (f.Etcd = EvidenceSamples.Verified(1)).MemberName = "\u001b[2J");
        await RefusedFinishAsync(etcd, f => (f.Etcd = EvidenceSamples.Verified(1)).DatabaseBytes = -1);
        await OnlyTheOthersAsync();
    }

    [Fact]
    public async Task Send_MoreChunksThanAllowed_IsResourceExhausted()
    {
        await using TestStore small = await TestStore.CreateAsync(new Coordinator.Ingest.UploadLimits { ChunksMax = 2 });
        await using UploadAgent agent = await UploadAgent.OpenAsync(small, small.AddBackup(Volume));
        for (byte i = 1; i <= 3; i++)
        {
            await agent.AddAsync(new[] { i }, CancellationToken.None);
        }

        await Rpc.RefusedAsync(StatusCode.ResourceExhausted, agent.Call);
    }

    [Fact]
    public async Task Send_KnownAndNewChunks_AreAnsweredAlike()
    {
        Committed known = await CommitAsync(Secret);
        Committed fresh = await CommitAsync(UploadServiceTests.Bytes(78, 5000));
        Assert.Equal(fresh.StoredBytes, known.StoredBytes);
    }

    private static void Repeat(Frame frame, int chunks, int length)
    {
        frame.Lengths.Clear();
        frame.Lengths.AddRange(Enumerable.Repeat((uint)length, chunks));
        frame.ChunkIds = ByteString.CopyFrom(new byte[chunks * ChunkId.Bytes]);
    }

    private async Task<Committed> CommitAsync(byte[] content)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume with { Name = $"v{content[0]}" }));
        return await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("f", content)));
    }

    private async Task<string> RefusalOfAsync(ChunkId chunk)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        Finish finish = await agent.TreeAsync(UploadAgent.File("f", 5000, new Extent(0, chunk, 0, 5000)));
        return (await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish))).Status.Detail;
    }

    private async Task RefusedTreeAsync(Func<UploadAgent, Task<TreeEntry[]>> entries)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(Volume));
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(await agent.TreeAsync(await entries(agent))));
    }

    private async Task RefusedFinishAsync(SourceKey source, Action<Finish> spoil)
    {
        await using UploadAgent agent = await UploadAgent.OpenAsync(_store, _store.AddBackup(source));
        Finish finish = await agent.TreeAsync();
        spoil(finish);
        await Rpc.RefusedAsync(StatusCode.FailedPrecondition, agent.CommitAsync(finish));
    }

    // The snapshot of the node that was there before, and nothing else.
    private async Task OnlyTheOthersAsync() => Assert.Equal(Foreign, Assert.Single(await _store.ListedAsync()).Source);
}
