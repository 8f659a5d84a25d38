using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.ObjectStore.Measuring;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Restoring;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Restoring;

/// <summary>One file out of a large snapshot costs what it takes to find and read it, whatever else the snapshot has.</summary>
public sealed class OneFileTests
{
    private const int Others = 30_000;

    private static readonly byte[] Wanted = "dir-1/wanted"u8.ToArray();

    [Fact]
    public async Task Restore_OneFileOfALargeSnapshot_ReadsItsChunksAndTheWayThereOnce()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        Dictionary<string, byte[]> files = new(TestBackup.Files(1, Others, bytesMax: 40));
        byte[] content = new byte[250_000];
        new Random(2).NextBytes(content);
        files[Encoding.UTF8.GetString(Wanted)] = content;
        SnapshotManifest snapshot;
        await using (RepositoryWriter writer = await repository.OpenWriterAsync(options: new RepositoryWriterOptions()))
        {
            (snapshot, _) = await TestBackup.BackUpAsync(writer, files);
        }

        using StoreMeter meter = new();
        using OpenRepository reader = await OpenRepository.OpenAsync(
            new MeasuringObjectStore(repository.Store, meter, TimeProvider.System), repository.Keys, default);
        (HashSet<FrameLocation> way, int blocks) = await WayAsync(reader, snapshot.Root);
        HashSet<FrameLocation> data = [.. content.Chunk(10_000).Select(chunk => FrameOf(reader, ChunkId.Of(chunk)))];
        OperationStatistics before = meter.Snapshot()["get-range"];
        Dictionary<string, long> others = OtherCalls(meter);

        Assert.Equal(content, await RestoreAsync(reader, snapshot));

        // The frames of its data are neighbours, so that one request reads them all; blocks of the tree and its extent list come alone.
        OperationStatistics after = meter.Snapshot()["get-range"];
        Assert.Equal(way.Count + 1, after.Calls - before.Calls);
        Assert.Equal(way.Concat(data).Sum(frame => (long)frame.SealedBytes), after.BytesReceived - before.BytesReceived);
        Assert.Equal(others, OtherCalls(meter));

        // The extent list, the root, and the leaves of the three entries on the way: of all the blocks there are.
        Assert.InRange(way.Count, 3, 5);
        Assert.InRange(blocks, 12, 1000);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    private static Dictionary<string, long> OtherCalls(StoreMeter meter) =>
        meter.Snapshot().Where(operation => operation.Key != "get-range").ToDictionary(operation => operation.Key, operation => operation.Value.Calls);

    private static async Task<(HashSet<FrameLocation> Way, int Blocks)> WayAsync(OpenRepository reader, ChunkId root)
    {
        Watched chunks = new(new ChunkReader(reader));
        TreeReader tree = new(chunks, root);
        Assert.NotNull(await tree.FindAsync([], default));
        Assert.NotNull(await tree.FindAsync("dir-1"u8.ToArray(), default));
        TreeEntry file = (await tree.FindAsync(Wanted, default))!;
        ChunkId list = Assert.Single(file.Content.ListChunks);
        HashSet<FrameLocation> way = [.. chunks.Read.Append(list).Select(block => FrameOf(reader, block))];
        return (way, await tree.ReferencedChunksAsync(default).Where(chunk => chunk.Use == ChunkUse.TreeBlock).CountAsync());
    }

    private static FrameLocation FrameOf(OpenRepository reader, ChunkId chunk) => reader.Index.Frame(reader.Locate(chunk).Frame);

    private static async Task<byte[]> RestoreAsync(OpenRepository reader, SnapshotManifest snapshot)
    {
        byte[] restored = [];
        await foreach (ContentItem item in new SnapshotContents(reader, snapshot.Root, new PathSelection([Wanted])).ReadAsync(default))
        {
            Assert.NotEqual(ContentItemKind.Loss, item.Kind);
            if (item is { Kind: ContentItemKind.Entry, Entry: { Kind: EntryKind.File } file })
            {
                restored = new byte[file.Size];
            }
            else if (item.Kind == ContentItemKind.Data)
            {
                item.Bytes.CopyTo(restored.AsMemory((int)item.Extent.FileOffset));
            }
        }

        return restored;
    }

    private sealed class Watched(IChunkSource inner) : IChunkSource
    {
        public HashSet<ChunkId> Read { get; } = [];

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken)
        {
            Read.Add(id);
            return inner.ReadAsync(id, cancellationToken);
        }
    }
}
