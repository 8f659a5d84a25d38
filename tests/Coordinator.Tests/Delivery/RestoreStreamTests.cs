using System.Text;
using Grpc.Core;
using K8sBackup.Chunking.Compression;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Payloads;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Delivery;

public sealed class RestoreStreamTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly byte[] A = UploadServiceTests.Bytes(1, 200_000);
    private static readonly byte[] B = UploadServiceTests.Bytes(2, 3000);
    private TestStore _store = null!;
    private SnapshotManifest _snapshot = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        _snapshot = await _store.BackUpAsync(Volume, async agent =>
        {
            ChunkId a = await agent.AddAsync(A, CancellationToken.None);
            ChunkId b = await agent.AddAsync(B, CancellationToken.None);
            return await agent.TreeAsync(
                UploadAgent.Directory("d"),
                UploadAgent.Directory("d/e"),
                await agent.FileAsync("d/e/first", B),
                UploadAgent.HardLink("d/second", "d/e/first"),
                UploadAgent.HardLink("d/third", "d/e/first"),
                UploadAgent.File("empty", 0),
                UploadAgent.File("sparse", 1_000_000, new Extent(4096, a, 100, 1000), new Extent(500_000, b, 0, 3000), new Extent(600_000, a, 0, 200_000)));
        });
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Read_Everything_ComesInOrderWithHolesAndEndsWithDone()
    {
        Wire.RestoreItem[] items = await ReadAsync();
        Assert.Equal(["", "d", "d/e", "d/e/first", "d/second", "d/third", "empty", "sparse"], PathsOf(items));
        Assert.Equal((8L, 207_000L), (items[^1].Done.Entries, items[^1].Done.Bytes));
        Assert.Equal(Wire.RestoreItem.ItemOneofCase.End, items[^2].ItemCase);
        Wire.Data[] sparse = [.. items.SkipWhile(i => i.Entry?.Path.ToStringUtf8() != "sparse").Select(i => i.Data).OfType<Wire.Data>()];
        Assert.Equal([4096, 500_000, 600_000], sparse.Select(d => d.FileOffset));
        Assert.Equal(A.AsSpan(100, 1000), Bytes(sparse[0]).Span);
        Assert.Equal(B, Bytes(sparse[1]).ToArray());
        Assert.Equal(A, Bytes(sparse[2]).ToArray());
        Assert.Equal(8, items.Count(i => i.ItemCase == Wire.RestoreItem.ItemOneofCase.End));
    }

    [Fact]
    public async Task Read_WithoutContent_IsEveryEntryAndNoByte()
    {
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await _store.Sender.SendAsync(_snapshot, new PathSelection([]), partsOnce: true, pipe, CancellationToken.None, withoutContent: true);
        Wire.RestoreItem[] items = [.. pipe.Drain().SelectMany(m => m.Items)];
        Assert.Equal(["", "d", "d/e", "d/e/first", "d/second", "d/third", "empty", "sparse"], PathsOf(items));
        Assert.Equal((8L, 0L), (items[^1].Done.Entries, items[^1].Done.Bytes));
        Assert.DoesNotContain(items, i => i.ItemCase == Wire.RestoreItem.ItemOneofCase.Data);
    }

    [Fact]
    public async Task Read_Selection_BringsAncestorsAndTurnsOutsideLinksIntoFiles()
    {
        Wire.RestoreItem[] items = await ReadAsync("d/third", "d/second", "d/second");
        Assert.Equal(["", "d", "d/second", "d/third"], PathsOf(items));
        Wire.Entry[] entries = [.. items.Select(i => i.Entry).OfType<Wire.Entry>()];
        Assert.Equal(Wire.EntryKind.File, entries[2].Kind);
        Assert.Equal(B, Bytes(Assert.Single(items.Select(i => i.Data).OfType<Wire.Data>())).ToArray());
        Assert.Equal(Wire.EntryKind.HardLink, entries[3].Kind);
        Assert.Equal("d/second", entries[3].LinkTarget.ToStringUtf8());
    }

    [Fact]
    public async Task Read_SelectedSubtree_KeepsInsideLinksAndDropsNestedPaths()
    {
        Wire.RestoreItem[] items = await ReadAsync("d", "d/e/first");
        Assert.Equal(["", "d", "d/e", "d/e/first", "d/second", "d/third"], PathsOf(items));
        Assert.Equal("d/e/first", items.Last(i => i.Entry is not null).Entry.LinkTarget.ToStringUtf8());
    }

    [Theory]
    [InlineData("nothing/here", StatusCode.NotFound)]
    [InlineData("d/../empty", StatusCode.InvalidArgument)]
    [InlineData("/d", StatusCode.InvalidArgument)]
    public async Task Download_BadPath_IsRefusedByName(string path, StatusCode code)
    {
        RestorePointManifest point = await _store.CommitPointAsync(_snapshot);
        FileDownload download = new(_store.Points, _store.Sender, NullLogger<FileDownload>.Instance);
        Wire.DownloadFilesRequest request = new()
        {
            PointId = point.Id.ToString(),
            Source = Transport.Mapping.SourceMapping.ToWire(Volume),
            Paths = { Google.Protobuf.ByteString.CopyFromUtf8(path) },
        };
        MessagePipe<Wire.RestoreMessage> pipe = new();
        RpcException status = await Rpc.RefusedAsync(code, download.DownloadAsync(request, pipe, TestCall.Operator()));
        Assert.Contains(path, status.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(pipe.Drain());
    }

    [Fact]
    public async Task Download_ManySmallFiles_AllArrive()
    {
        byte[][] contents = [.. Enumerable.Range(0, 3000).Select(i => Encoding.ASCII.GetBytes($"content of file {i}"))];
        SnapshotManifest many = await _store.BackUpAsync(Volume, async agent =>
        {
            List<TreeEntry> entries = [];
            for (int i = 0; i < contents.Length; i++)
            {
                entries.Add(await agent.FileAsync($"f{i:0000}", contents[i]));
            }

            return await agent.TreeAsync([.. entries]);
        });
        Wire.RestoreItem[] items = await ReadAsync(many);
        Assert.Equal(contents, items.Select(i => i.Data).OfType<Wire.Data>().Select(d => Bytes(d).ToArray()));
    }

    [Fact]
    public async Task Fetch_DamagedFrame_CostsItsFilesAndNothingElse()
    {
        // Only reads of chunk A, which "sparse" alone needs, are that long.
        foreach (string pack in await _store.ObjectNamesAsync("packs/"))
        {
            _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.GetRange, NamePrefix = pack, Offset = 100_000 });
        }

        WorkItem item = AddRestore("node-1", Volume);
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await Service().Fetch(new Wire.FetchRequest { WorkId = item.WorkId }, pipe, new TestCall(TestStore.AgentOf(Volume)));
        Wire.RestoreItem[] items = [.. pipe.Drain().SelectMany(m => m.Items)];
        Assert.Equal(["", "d", "d/e", "d/e/first", "d/second", "d/third", "empty", "sparse"], PathsOf(items));
        Assert.Equal(B, Bytes(items.SkipWhile(i => i.Entry?.Path.ToStringUtf8() != "d/e/first").First(i => i.Data is not null).Data).ToArray());
        Wire.RestoreItem[] sparse = [.. items.SkipWhile(i => i.Entry?.Path.ToStringUtf8() != "sparse")];
        Assert.Equal(
            [Wire.RestoreItem.ItemOneofCase.Entry, Wire.RestoreItem.ItemOneofCase.Loss, Wire.RestoreItem.ItemOneofCase.End, Wire.RestoreItem.ItemOneofCase.Done],
            sparse.Select(i => i.ItemCase));
        Assert.Contains("packs/", sparse[1].Loss.Reason, StringComparison.Ordinal);
        Assert.False(sparse[1].Loss.IsTree);
    }

    [Fact]
    public async Task Fetch_StoreAway_NeverSaysDone()
    {
        _store.Store.Add(new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.GetRange, NamePrefix = "packs/" });
        WorkItem item = AddRestore("node-1", Volume);
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await Rpc.RefusedAsync(StatusCode.Unavailable, Service().Fetch(
            new Wire.FetchRequest { WorkId = item.WorkId }, pipe, new TestCall(TestStore.AgentOf(Volume))));
        Assert.DoesNotContain(pipe.Drain().SelectMany(m => m.Items), i => i.Done is not null);
    }

    [Fact]
    public async Task Fetch_OwnRestore_SendsExactlyItsPaths()
    {
        WorkItem item = AddRestore("node-1", Volume, "empty");
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await Service().Fetch(new Wire.FetchRequest { WorkId = item.WorkId }, pipe, new TestCall(TestStore.AgentOf(Volume)));
        Assert.Equal(["", "empty"], PathsOf([.. pipe.Drain().SelectMany(m => m.Items)]));
    }

    [Theory]
    [InlineData("node-2", Role.Worker, SourceKind.Volume)]
    [InlineData("node-1", Role.Worker, SourceKind.Etcd)]
    [InlineData("node-1", Role.Operator, SourceKind.Volume)]
    public async Task Fetch_WorkOfOthers_IsPermissionDenied(string node, Role role, SourceKind kind)
    {
        WorkItem item = AddRestore("node-1", Volume with { Kind = kind });
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, Service().Fetch(
            new Wire.FetchRequest { WorkId = item.WorkId }, pipe, new TestCall(new PeerIdentity("prod", role, node))));
        Assert.Empty(pipe.Drain());
    }

    [Fact]
    public async Task Fetch_BackupWorkUnknownWorkAndFinishedWork_AreRefused()
    {
        PeerIdentity agent = TestStore.AgentOf(Volume);
        MessagePipe<Wire.RestoreMessage> pipe = new();
        string backup = _store.AddBackup(Volume).WorkId;
        await Rpc.RefusedAsync(StatusCode.PermissionDenied, Service().Fetch(new Wire.FetchRequest { WorkId = backup }, pipe, new TestCall(agent)));
        await Rpc.RefusedAsync(StatusCode.NotFound, Service().Fetch(new Wire.FetchRequest { WorkId = "r-x" }, pipe, new TestCall(agent)));
        WorkItem item = AddRestore("node-1", Volume);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Restored(new Wire.RestoreReport()));
        await Rpc.RefusedAsync(StatusCode.NotFound, Service().Fetch(new Wire.FetchRequest { WorkId = item.WorkId }, pipe, new TestCall(agent)));
        Assert.Empty(pipe.Drain());
    }

    [Fact]
    public async Task Fetch_FileOfManyParts_SendsEachChunkOnceWhileTheReceiverHasIt()
    {
        byte[][] chunks = [.. Enumerable.Range(0, RecentChunks<bool>.Kept + 1).Select(i => UploadServiceTests.Bytes((byte)(100 + i), 5000))];
        SnapshotManifest paged = await _store.BackUpAsync(Volume, async agent =>
        {
            ChunkId[] ids = new ChunkId[chunks.Length];
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = await agent.AddAsync(chunks[i], CancellationToken.None);
            }

            // Two by turns; then a whole one, which is no part; then as many others as make the first be forgotten.
            int[] order = [0, 1, 0, 1, 0, .. Enumerable.Range(1, ids.Length - 1), 0];
            ExtentListWriter extents = new(agent);
            for (int at = 0; at < order.Length; at++)
            {
                await extents.AddAsync(new Extent(at * 6000, ids[order[at]], at == 4 ? 0 : 100, at == 4 ? 5000 : 50), CancellationToken.None);
            }

            TreeEntry file = UploadAgent.File("paged", order.Length * 6000) with { Content = await extents.FinishAsync(CancellationToken.None) };
            return await agent.TreeAsync(file);
        });
        Wire.Data[] data = [.. (await ReadAsync(paged, partsOnce: true)).Select(item => item.Data).OfType<Wire.Data>()];
        Wire.Data[] whole = [.. (await ReadAsync(paged, partsOnce: false)).Select(item => item.Data).OfType<Wire.Data>()];

        bool[] sent = [true, true, false, false, true, false, .. Enumerable.Repeat(true, chunks.Length - 2), true];
        Assert.Equal(sent, data.Select(d => !d.Payload.IsEmpty));
        Assert.All(whole, d => Assert.Equal(d.Take, Bytes(d).Length));
    }

    private static ReadOnlyMemory<byte> Bytes(Wire.Data data)
    {
        byte[] chunk = data.Payload.ToByteArray();
        if (data.Compression == Wire.Compression.Zstd)
        {
            chunk = new byte[data.ChunkLength];
            Zstd.Decompress(data.Payload.Span, chunk);
        }

        Assert.Equal(data.ChunkLength, chunk.Length);
        Assert.Equal(ChunkId.Of(chunk).ToArray(), data.ChunkId.ToByteArray());
        return chunk.AsMemory(data.Skip, data.Take);
    }

    private static IEnumerable<string> PathsOf(Wire.RestoreItem[] items) =>
        items.Select(i => i.Entry).OfType<Wire.Entry>().Select(e => e.Path.ToStringUtf8());

    private DownloadService Service() => new(_store.Board, _store.Snapshots, _store.Sender, NullLogger<DownloadService>.Instance);

    private WorkItem AddRestore(string node, SourceKey source, params string[] paths) => _store.Board.Add(WorkItem.ForRestore(
        node,
        new RestoreWork(RestoreId.Create(TimeProvider.System), _snapshot.Id, source, [.. paths.Select(Encoding.UTF8.GetBytes)]),
        new Wire.RestoreTask()));

    private Task<Wire.RestoreItem[]> ReadAsync(params string[] paths) => ReadAsync(_snapshot, paths);

    private Task<Wire.RestoreItem[]> ReadAsync(SnapshotManifest snapshot, params string[] paths) => ReadAsync(snapshot, partsOnce: false, paths);

    private async Task<Wire.RestoreItem[]> ReadAsync(SnapshotManifest snapshot, bool partsOnce, params string[] paths)
    {
        MessagePipe<Wire.RestoreMessage> pipe = new();
        await _store.Sender.SendAsync(snapshot, new PathSelection([.. paths.Select(Encoding.UTF8.GetBytes)]), partsOnce, pipe, CancellationToken.None);
        IReadOnlyList<Wire.RestoreMessage> messages = pipe.Drain();
        Assert.All(messages, m => Assert.True(m.CalculateSize() <= 2 * 1024 * 1024));
        return [.. messages.SelectMany(m => m.Items)];
    }
}
