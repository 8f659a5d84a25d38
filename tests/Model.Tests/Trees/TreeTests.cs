using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

public sealed class TreeTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 50)]
    [InlineData(3, 5_000)]
    [InlineData(4, 60_000)]
    public async Task Walk_OfAWrittenTree_GivesEveryEntry(int seed, int count)
    {
        List<TreeEntry> entries = RandomTree.Make(seed, count);
        MemoryChunks chunks = new();
        TreeRoot root = await WriteAsync(chunks, entries);
        Assert.Equal(count, root.Entries);
        Assert.Equal(entries.Sum(e => e.Size), root.FileBytes);

        int i = 0;
        await foreach (TreeEntry entry in new TreeReader(chunks, root.Block).WalkAsync(default))
        {
            AssertSame(entries[i++], entry);
        }

        Assert.Equal(count, i);
    }

    [Fact]
    public async Task List_EveryDirectory_GivesItsChildrenAndPages()
    {
        List<TreeEntry> entries = RandomTree.Make(5, 8_000);
        MemoryChunks chunks = new();
        TreeReader reader = new(chunks, (await WriteAsync(chunks, entries)).Block);
        foreach (TreeEntry directory in entries.Where(e => e.Kind == EntryKind.Directory).Take(200))
        {
            List<byte[]> expected = [.. entries.Select(e => e.Path).Where(path => IsChild(path, directory.Path))];
            List<byte[]> listed = await PathsAsync(reader.ListAsync(directory.Path, null, default));
            Assert.Equal(expected, listed);
            if (expected.Count > 2)
            {
                Assert.Equal(expected.Skip(2), await PathsAsync(reader.ListAsync(directory.Path, expected[1], default)));
            }
        }
    }

    [Fact]
    public async Task Find_EveryTenthPath_FindsItWithFewReads()
    {
        List<TreeEntry> entries = RandomTree.Make(6, 10_000);
        MemoryChunks chunks = new();
        TreeReader reader = new(chunks, (await WriteAsync(chunks, entries)).Block);
        for (int i = 0; i < entries.Count; i += 10)
        {
            int before = chunks.Reads;
            AssertSame(entries[i], (await reader.FindAsync(entries[i].Path, default))!);
            Assert.InRange(chunks.Reads - before, 1, 3);
        }

        Assert.Null(await reader.FindAsync("no/such/path"u8.ToArray(), default));
    }

    [Fact]
    public async Task WalkBelow_ADirectory_GivesItsSubtreeOnly()
    {
        List<TreeEntry> entries = RandomTree.Make(7, 5_000);
        MemoryChunks chunks = new();
        TreeReader reader = new(chunks, (await WriteAsync(chunks, entries)).Block);
        foreach (TreeEntry top in entries.Where((_, i) => i % 100 == 0))
        {
            List<byte[]> expected = [.. entries.Select(e => e.Path).Where(path => TreePath.IsAtOrBelow(path, top.Path))];
            Assert.Equal(expected, await PathsAsync(reader.WalkAsync(top.Path, default)));
        }
    }

    [Fact]
    public async Task Write_AfterOneChange_SharesAllButFewBlocks()
    {
        List<TreeEntry> entries = RandomTree.Make(8, 40_000);
        MemoryChunks chunks = new();
        await WriteAsync(chunks, entries);
        int before = chunks.Chunks.Count;
        entries[20_000] = entries[20_000] with { ModifiedAt = new UnixTime(42, 42) };
        await WriteAsync(chunks, entries);
        Assert.InRange(chunks.Chunks.Count - before, 1, 3);
        Assert.True(before > 20);
    }

    [Fact]
    public async Task ReferencedChunks_OfAFileWithManyExtents_AreAllOfThem()
    {
        MemoryChunks chunks = new();
        ExtentListWriter extents = new(chunks);
        HashSet<ChunkId> expected = [];
        for (int i = 0; i < 20_000; i++)
        {
            ChunkId id = ChunkId.Of(BitConverter.GetBytes(i));
            expected.Add(id);
            await extents.AddAsync(new Extent(i * 8192L, id, 0, 4096), default);
        }

        FileContent content = await extents.FinishAsync(default);
        Assert.True(content.ListChunks.Count > 1);
        TreeEntry file = new() { Path = [(byte)'f'], Kind = EntryKind.File, Size = 20_000 * 8192L, Content = content };
        TreeRoot root = await WriteAsync(chunks, [RandomTree.Directory([]), file]);

        List<ReferencedChunk> referenced = [];
        await foreach (ReferencedChunk chunk in new TreeReader(chunks, root.Block).ReferencedChunksAsync(default))
        {
            referenced.Add(chunk);
        }

        Assert.Equal(expected, referenced.Where(r => r.Use == ChunkUse.FileData).Select(r => r.Chunk).ToHashSet());
        Assert.Equal(chunks.Chunks.Keys.ToHashSet(), referenced.Where(r => r.Use != ChunkUse.FileData).Select(r => r.Chunk).ToHashSet());
    }

    [Fact]
    public async Task ExtentList_AdjoiningPieces_BecomeOne()
    {
        ExtentListWriter writer = new(new MemoryChunks());
        ChunkId id = ChunkId.Of([1]);
        await writer.AddAsync(new Extent(0, id, 0, 10), default);
        await writer.AddAsync(new Extent(10, id, 10, 5), default);
        await writer.AddAsync(new Extent(15, id, 16, 5), default);
        FileContent content = await writer.FinishAsync(default);
        Assert.Equal([new Extent(0, id, 0, 15), new Extent(15, id, 16, 5)], content.Inline);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("b", "a")]
    [InlineData("x/y")]
    [InlineData("../a")]
    public async Task Add_EntriesThatBreakTheRules_AreRefused(params string[] paths)
    {
        TreeWriter writer = new(new MemoryChunks());
        await writer.AddAsync(RandomTree.Directory([]), default);
        await Assert.ThrowsAsync<ArgumentException>(async () =>
        {
            foreach (string path in paths)
            {
                await writer.AddAsync(new TreeEntry { Path = System.Text.Encoding.UTF8.GetBytes(path), Kind = EntryKind.File }, default);
            }
        });
    }

    [Fact]
    public async Task Add_EntryThatIsTooLarge_IsRefusedAndOneThatFitsIsKept()
    {
        MemoryChunks chunks = new();
        TreeWriter writer = new(chunks);
        await writer.AddAsync(RandomTree.Directory([]), default);
        TreeEntry large = new() { Path = [(byte)'a'], Kind = EntryKind.File, Attributes = [new ExtendedAttribute([1], new byte[900_000])] };
        TreeEntry tooLarge = large with { Path = [(byte)'b'], Attributes = [new ExtendedAttribute([1], new byte[1_000_001])] };
        await writer.AddAsync(large, default);
        Assert.False(writer.Fits(tooLarge));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AddAsync(tooLarge, default));
    }

    [Theory]
    [InlineData(9_362)]
    [InlineData(20_000)]
    public async Task Add_ManyAttributes_IsReadBackOrRefused(int count)
    {
        MemoryChunks chunks = new();
        TreeEntry file = new()
        {
            Path = [(byte)'a'],
            Kind = EntryKind.File,
            Attributes = [.. Enumerable.Range(0, count).Select(i => new ExtendedAttribute([(byte)i, (byte)(i >> 8), 1], []))],
        };
        if (!new TreeWriter(chunks).Fits(file))
        {
            Assert.Equal(20_000, count);
            return;
        }

        TreeRoot root = await WriteAsync(chunks, [RandomTree.Directory([]), file]);
        TreeEntry? read = await new TreeReader(chunks, root.Block).FindAsync(file.Path, default);
        Assert.Equal(count, read!.Attributes.Count);
    }

    internal static async Task<TreeRoot> WriteAsync(MemoryChunks chunks, IEnumerable<TreeEntry> entries)
    {
        TreeWriter writer = new(chunks);
        foreach (TreeEntry entry in entries)
        {
            await writer.AddAsync(entry, default);
        }

        return await writer.FinishAsync(default);
    }

    private static bool IsChild(byte[] path, byte[] directory)
    {
        if (path.Length == 0 || !TreePath.IsAtOrBelow(path, directory) || path.Length == directory.Length)
        {
            return false;
        }

        return !path.AsSpan(directory.Length == 0 ? 0 : directory.Length + 1).Contains((byte)'/');
    }

    private static async Task<List<byte[]>> PathsAsync(IAsyncEnumerable<TreeEntry> entries)
    {
        List<byte[]> paths = [];
        await foreach (TreeEntry entry in entries)
        {
            paths.Add(entry.Path);
        }

        return paths;
    }

    private static void AssertSame(TreeEntry expected, TreeEntry actual)
    {
        Assert.Equal(expected.Path, actual.Path);
        Assert.Equal(expected.Attributes.Select(a => Convert.ToHexString(a.Value)), actual.Attributes.Select(a => Convert.ToHexString(a.Value)));
        Assert.Equal(expected.Content.Inline, actual.Content.Inline);
        Assert.Equal(Plain(expected), Plain(actual));
    }

    private static TreeEntry Plain(TreeEntry entry) =>
        entry with { Path = [], Attributes = [], LinkTarget = [], Content = FileContent.Empty };
}
