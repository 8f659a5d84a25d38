using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Restoring;

namespace K8sBackup.Repository.Tests.Restoring;

/// <summary>Trees with blocks the store has lost: everything else comes, in order, every entry in a directory.</summary>
public sealed class LostBlocksTests
{
    private const int Directories = 100;
    private const int FilesPerDirectory = 150;

    private readonly Chunks _chunks = new();

    [Fact]
    public async Task Read_AnyLeafLost_GivesEverythingElse()
    {
        TreeRoot root = await WriteAsync();
        List<ChunkId> leaves = await LeavesAsync(root);
        Assert.InRange(leaves.Count, 5, 500);
        foreach (ChunkId leaf in leaves)
        {
            _chunks.Lost = leaf;
            (List<TreeEntry> entries, List<ContentLoss> losses) = await ReadAsync(root, new PathSelection([]));

            long lost = Assert.Single(losses).Tree!.Entries;
            Assert.InRange(lost, 1, root.Entries - 1);
            int files = entries.Count(e => e.Kind == EntryKind.File);
            Assert.InRange(files, Directories * FilesPerDirectory - lost, Directories * FilesPerDirectory - 1);
            AssertEveryEntryHasADirectory(entries);
        }
    }

    [Fact]
    public async Task Read_RootLost_EndsWithTheCause()
    {
        TreeRoot root = await WriteAsync();
        _chunks.Lost = root.Block;

        await Assert.ThrowsAsync<RepositoryCorruptException>(() => ReadAsync(root, new PathSelection([])));
    }

    [Fact]
    public async Task Read_SelectionElsewhere_DoesNotMeetTheLoss()
    {
        TreeRoot root = await WriteAsync();
        _chunks.Lost = (await LeavesAsync(root))[^1];
        (List<TreeEntry> entries, List<ContentLoss> losses) = await ReadAsync(root, new PathSelection([Path(3), Path(5, 7)]));

        Assert.Empty(losses);
        Assert.Equal(["", "d003", .. Enumerable.Range(0, FilesPerDirectory).Select(f => $"d003/f{f:000}"), "d005", "d005/f007"], entries.Select(e => Encoding.UTF8.GetString(e.Path)));
    }

    [Fact]
    public async Task Read_StoreAway_EndsWithTheStoresFault()
    {
        TreeRoot root = await WriteAsync();
        _chunks.Lost = root.Block;
        _chunks.Fault = new ObjectStore.ObjectStoreException(ObjectStore.ObjectStoreError.Unavailable, "get", "packs/x", "is away");

        await Assert.ThrowsAsync<ObjectStore.ObjectStoreException>(() => ReadAsync(root, new PathSelection([])));
    }

    private static void AssertEveryEntryHasADirectory(List<TreeEntry> entries)
    {
        HashSet<string> directories = [];
        byte[]? last = null;
        foreach (TreeEntry entry in entries)
        {
            Assert.True(last is null || TreePath.Compare(last, entry.Path) < 0, TreePath.Display(entry.Path));
            last = entry.Path;
            string path = Encoding.UTF8.GetString(entry.Path);
            Assert.True(path.Length == 0 || directories.Contains(path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : ""), path);
            if (entry.Kind == EntryKind.Directory)
            {
                directories.Add(path);
            }
        }
    }

    private static byte[] Path(int directory) => Encoding.UTF8.GetBytes($"d{directory:000}");

    private static byte[] Path(int directory, int file) => Encoding.UTF8.GetBytes($"d{directory:000}/f{file:000}");

    private async Task<(List<TreeEntry> Entries, List<ContentLoss> Losses)> ReadAsync(TreeRoot root, PathSelection selection)
    {
        List<TreeEntry> entries = [];
        List<ContentLoss> losses = [];
        await foreach ((TreeEntry? entry, ContentLoss? loss) in new SelectedEntries(_chunks, root.Block, selection).ReadAsync(default))
        {
            if (entry is not null)
            {
                entries.Add(entry);
            }
            else
            {
                losses.Add(loss!);
            }
        }

        return (entries, losses);
    }

    private async Task<List<ChunkId>> LeavesAsync(TreeRoot root)
    {
        List<ChunkId> blocks = [];
        await foreach (ReferencedChunk chunk in new TreeReader(_chunks, root.Block).ReferencedChunksAsync(default))
        {
            if (chunk.Use == ChunkUse.TreeBlock)
            {
                blocks.Add(chunk.Chunk);
            }
        }

        // The level is the fourth byte of a block.
        return [.. blocks.Distinct().Where(b => _chunks.Content[b][3] == 0)];
    }

    private async Task<TreeRoot> WriteAsync()
    {
        TreeWriter writer = new(_chunks);
        Random random = new(1);
        await writer.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory }, default);
        for (int d = 0; d < Directories; d++)
        {
            await writer.AddAsync(new TreeEntry { Path = Path(d), Kind = EntryKind.Directory, Mode = 0x1ED }, default);
            for (int f = 0; f < FilesPerDirectory; f++)
            {
                await writer.AddAsync(new TreeEntry { Path = Path(d, f), Kind = EntryKind.File, Inode = (ulong)random.NextInt64() }, default);
            }
        }

        return await writer.FinishAsync(default);
    }

    private sealed class Chunks : IChunkSink, IChunkSource
    {
        public Dictionary<ChunkId, byte[]> Content { get; } = [];

        public ChunkId? Lost { get; set; }

        public Exception? Fault { get; set; }

        public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            ChunkId id = ChunkId.Of(plaintext.Span);
            Content[id] = plaintext.ToArray();
            return ValueTask.FromResult(id);
        }

        public ValueTask<ReadOnlyMemory<byte>> ReadAsync(ChunkId id, CancellationToken cancellationToken) => id == Lost
            ? throw Fault ?? new RepositoryCorruptException(RepositoryDamage.Missing, "packs/x", "is gone", id)
            : ValueTask.FromResult<ReadOnlyMemory<byte>>(Content[id]);
    }
}
