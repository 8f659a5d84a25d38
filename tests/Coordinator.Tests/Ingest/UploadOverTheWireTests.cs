using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Failures;
using K8sBackup.Transport.V1;
using EntryKind = K8sBackup.Model.Trees.EntryKind;
using Failure = K8sBackup.Model.Outcomes.Failure;
using Role = K8sBackup.Transport.Identity.Role;
using SourceKey = K8sBackup.Model.Ids.SourceKey;
using SourceKind = K8sBackup.Model.Ids.SourceKind;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>What the handlers do must also arrive: statuses, trailers and order over real TLS connections.</summary>
public sealed class UploadOverTheWireTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private FullCoordinator _coordinator = null!;

    public async Task InitializeAsync() => _coordinator = await FullCoordinator.InitialiseAsync();

    public async Task DisposeAsync() => await _coordinator.DisposeAsync();

    [Fact]
    public async Task Send_Tree_IsCommittedAndTheCheckIsSound()
    {
        await _coordinator.StartAsync();
        WorkItem item = AddBackup();
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = await OpenAsync(item);
        CallSink sink = new(call);
        TreeWriter tree = new(sink);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
        byte[] content = UploadServiceTests.Bytes(1, 1_000_000);
        Extent extent = new(0, await sink.AddAsync(content, CancellationToken.None), 0, content.Length);
        await tree.AddAsync(UploadAgent.File("f", content.Length, extent), CancellationToken.None);
        TreeRoot root = await tree.FinishAsync(CancellationToken.None);
        await call.RequestStream.WriteAsync(new UploadRequest
        {
            Finish = new Finish { Root = ByteString.CopyFrom(root.Block.ToArray()), Outcome = Outcome.Completed },
        });
        await call.RequestStream.CompleteAsync();
        List<UploadResponse> answers = [];
        await foreach (UploadResponse answer in call.ResponseStream.ReadAllAsync())
        {
            answers.Add(answer);
        }

        Assert.Equal(((WorkOutcome.SnapshotCommitted)await item.Completion).Manifest.Id.ToString(), answers[^1].Committed.SnapshotId);
        await CheckAsync();
    }

    [Fact]
    public async Task Send_AuthorityIsReplacedAndTheFormerOneDroppedMeanwhile_GoesOnAndIsCommitted()
    {
        await _coordinator.StartAsync();
        WorkItem item = AddBackup();
        Upload.UploadClient former = new(_coordinator.ChannelOf(Role.Worker, "node-1"));
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = await OpenAsync(item, former);
        CallSink sink = new(call);
        TreeWriter tree = new(sink);
        await tree.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory, Mode = 493 }, CancellationToken.None);
        await AddFileAsync(tree, sink, "a", 1);
        await _coordinator.Ring.BeginAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await AddFileAsync(tree, sink, "b", 2);
        await _coordinator.Ring.FinishAsync(CancellationToken.None);
        await AddFileAsync(tree, sink, "c", 3);
        TreeRoot root = await tree.FinishAsync(CancellationToken.None);
        await call.RequestStream.WriteAsync(new UploadRequest { Finish = new Finish { Root = ByteString.CopyFrom(root.Block.ToArray()), Outcome = Outcome.Completed } });
        await call.RequestStream.CompleteAsync();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }

        Assert.IsType<WorkOutcome.SnapshotCommitted>(await item.Completion);
        // The connection is good for nothing new: each call looks at the certificate again.
        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(AddBackup(), former));
        Assert.Equal(StatusCode.Unauthenticated, refused.StatusCode);
        await CheckAsync();
    }

    [Fact]
    public async Task Send_WrongHash_TheAgentGetsDataLossWithTheSource()
    {
        await _coordinator.StartAsync();
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = await OpenAsync(AddBackup());
        Frame frame = CallSink.FrameOf(1, UploadServiceTests.Bytes(1, 1000));
        frame.ChunkIds = ByteString.CopyFrom(new byte[32]);
        await call.RequestStream.WriteAsync(new UploadRequest { Frame = frame });
        RpcException status = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.DataLoss, status.StatusCode);
        Failure failure = RpcFailures.ToFailure(status);
        Assert.Equal((FailureCause.ProtocolViolation, "node-1", Volume.ToString()), (failure.Cause, failure.Node, failure.Source));
        await CheckAsync();
    }

    [Fact]
    public async Task Send_WorkOfAnotherNode_IsRefusedAndInTheAuditLog()
    {
        await _coordinator.StartAsync();
        Upload.UploadClient other = new(_coordinator.ChannelOf(Role.Worker, "node-2"));
        RpcException status = await Assert.ThrowsAsync<RpcException>(() => OpenAsync(AddBackup(), other));
        Assert.Equal(StatusCode.PermissionDenied, status.StatusCode);
        string line = Assert.Single(await File.ReadAllLinesAsync(_coordinator.AuditLog));
        Assert.Contains("worker/node-2 at ", line, StringComparison.Ordinal);
        Assert.Contains("\"call.refused\",\"target\":\"/k8sbackup.v1.Upload/Send\",\"result\":\"The work belongs to another node", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NewerStream_TheOlderAgentGetsAborted()
    {
        await _coordinator.StartAsync();
        WorkItem item = AddBackup();
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> older = await OpenAsync(item);
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> newer = await OpenAsync(item);
        RpcException status = await Assert.ThrowsAsync<RpcException>(() => older.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Aborted, status.StatusCode);
    }

    [Fact]
    public async Task Send_CancelledWork_TheAgentGetsCancelledWithTheCause()
    {
        await _coordinator.StartAsync();
        WorkItem item = AddBackup();
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = await OpenAsync(item);
        _coordinator.Board.Cancel(item.WorkId);
        RpcException status = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Cancelled, status.StatusCode);
        Assert.Equal(FailureCause.Cancelled, RpcFailures.ToFailure(status).Cause);
    }

    [Fact]
    public async Task Start_WrongKeyOrNoStore_SaysWhich()
    {
        File.Delete(_coordinator.KeyPath);
        using (Repository.Keys.KeyFile other = Repository.Keys.KeyFile.Generate())
        {
            other.WriteNew(_coordinator.KeyPath);
        }

        Assert.Contains(_coordinator.KeyPath, (await Assert.ThrowsAsync<OptionsException>(_coordinator.StartAsync)).Message, StringComparison.Ordinal);
        Directory.Delete(_coordinator.StoreDirectory, recursive: true);
        Assert.Contains(_coordinator.StoreDirectory, (await Assert.ThrowsAsync<StartLaterException>(_coordinator.StartAsync)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_coordinator.StoreDirectory));
    }

    [Fact]
    public async Task Start_DamagedConfig_StopsTheHostAndNamesTheObject()
    {
        string config = Path.Combine(_coordinator.StoreDirectory, "config");
        byte[] content = await File.ReadAllBytesAsync(config);
        content[20] ^= 1;
        await File.WriteAllBytesAsync(config, content);
        Exception refusal = await Assert.ThrowsAnyAsync<Exception>(_coordinator.StartAsync);
        Assert.True(refusal is InvalidDataException or OptionsException, refusal.ToString());
        Assert.Contains("config", refusal.Message, StringComparison.Ordinal);
    }

    private WorkItem AddBackup() => _coordinator.Board.Add(WorkItem.ForBackup(
        new BackupWork(RunId.Create(TimeProvider.System), "daily", Volume, TimeProvider.System.GetUtcNow()), new BackupTask()));

    private static async Task AddFileAsync(TreeWriter tree, CallSink sink, string name, byte seed)
    {
        byte[] content = UploadServiceTests.Bytes(seed, 300_000);
        Extent extent = new(0, await sink.AddAsync(content, CancellationToken.None), 0, content.Length);
        await tree.AddAsync(UploadAgent.File(name, content.Length, extent), CancellationToken.None);
    }

    private async Task<AsyncDuplexStreamingCall<UploadRequest, UploadResponse>> OpenAsync(WorkItem item, Upload.UploadClient? client = null)
    {
        AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call = (client ?? new Upload.UploadClient(_coordinator.ChannelOf(Role.Worker, "node-1"))).Send();
        await call.RequestStream.WriteAsync(new UploadRequest { Header = new UploadHeader { WorkId = item.WorkId } });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(32, call.ResponseStream.Current.Accepted.CutterKey.Length);
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.True(call.ResponseStream.Current.Known.Last);
        return call;
    }

    private async Task CheckAsync()
    {
        using AsyncServerStreamingCall<CheckMessage> call =
            new Operator.OperatorClient(_coordinator.ChannelOf(Role.Operator, "alice")).Check(new CheckRequest { ReadData = true });
        CheckMessage last = new();
        await foreach (CheckMessage message in call.ResponseStream.ReadAllAsync())
        {
            last = message;
        }

        Assert.NotNull(last.Result);
        Assert.Empty(last.Result.Problems);
    }

    private sealed class CallSink : IChunkSink
    {
        private readonly AsyncDuplexStreamingCall<UploadRequest, UploadResponse> _call;
        private ulong _seq;

        public CallSink(AsyncDuplexStreamingCall<UploadRequest, UploadResponse> call) => _call = call;

        public static Frame FrameOf(ulong seq, ReadOnlyMemory<byte> plaintext) => new()
        {
            Seq = seq,
            Content = FrameContent.Data,
            Compression = Compression.None,
            ChunkIds = ByteString.CopyFrom(ChunkId.Of(plaintext.Span).ToArray()),
            Lengths = { (uint)plaintext.Length },
            Payload = ByteString.CopyFrom(plaintext.Span),
        };

        public async ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            await _call.RequestStream.WriteAsync(new UploadRequest { Frame = FrameOf(++_seq, plaintext) }, cancellationToken);
            return ChunkId.Of(plaintext.Span);
        }
    }
}
