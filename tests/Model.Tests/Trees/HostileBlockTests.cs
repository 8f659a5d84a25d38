using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

public sealed class HostileBlockTests
{
    [Fact]
    public async Task Walk_BlocksWithFlippedBytes_GiveEntriesOrACorruptTree()
    {
        Random random = new(20261120);
        MemoryChunks chunks = new();
        TreeRoot root = await TreeTests.WriteAsync(chunks, RandomTree.Make(9, 4_000));
        ChunkId[] ids = [.. chunks.Chunks.Keys];
        int corrupt = 0;
        for (int round = 0; round < 600; round++)
        {
            ChunkId id = ids[random.Next(ids.Length)];
            byte[] original = chunks.Chunks[id];
            byte[] damaged = [.. original];
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(round % 3 == 0 ? 40 : damaged.Length)] = (byte)random.Next(256);
            }

            chunks.Chunks[id] = round % 5 == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
            corrupt += await IsCorruptAsync(chunks, root.Block) ? 1 : 0;
            chunks.Chunks[id] = original;
        }

        Assert.True(corrupt > 200, $"Only {corrupt} of 600 damaged trees were noticed.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("4b54")]
    [InlineData("4b54010000")]
    [InlineData("4b540100ffffffffffffffffff01")]
    [InlineData("4b54020001")]
    [InlineData("4b5401ff01")]
    [InlineData("4b540100ff")]
    public async Task Walk_ForgedRoot_IsCorrupt(string hex)
    {
        MemoryChunks chunks = new();
        byte[] bytes = Convert.FromHexString(hex);
        ChunkId id = ChunkId.Of(bytes);
        chunks.Chunks[id] = bytes;
        Assert.True(await IsCorruptAsync(chunks, id));
    }

    [Fact]
    public async Task Walk_IndexThatNamesItself_IsCorrupt()
    {
        // Level 1, one child: path "", the block itself, one entry, no bytes.
        MemoryChunks chunks = new();
        ChunkId id = ChunkId.Of([1]);
        chunks.Chunks[id] = [.. "KT"u8, 1, 1, 1, 0, 0, .. id.ToArray(), 1, 0];
        Assert.True(await IsCorruptAsync(chunks, id));
    }

    [Fact]
    public async Task Extents_ThatOverlapOrPassTheEnd_AreCorrupt()
    {
        ChunkId id = ChunkId.Of([1]);
        FileContentReader reader = new(new MemoryChunks());
        FileContent overlap = new() { Inline = [new Extent(0, id, 0, 10), new Extent(5, id, 0, 10)] };
        FileContent beyond = new() { Inline = [new Extent(0, id, 0, 10)] };
        await Assert.ThrowsAsync<CorruptTreeException>(() => DrainAsync(reader.ExtentsAsync(overlap, 100, default)));
        await Assert.ThrowsAsync<CorruptTreeException>(() => DrainAsync(reader.ExtentsAsync(beyond, 9, default)));
    }

    /// <summary>One entry, the root, as it is stored since the first version; the form of its content is the last byte, and flags follow it.</summary>
    [Theory]
    [InlineData("00", FileFlags.None)]
    [InlineData("0810", FileFlags.Immutable)]
    [InlineData("0874", FileFlags.All)]
    [InlineData("0800", null)]
    [InlineData("0801", null)]
    [InlineData("08", null)]
    [InlineData("10", null)]
    [InlineData("0010", null)]
    public async Task Walk_EntryWithFlags_GivesThoseItKnowsAndRefusesOthers(string end, FileFlags? flags)
    {
        MemoryChunks chunks = new();
        byte[] bytes = [.. "KT"u8, 1, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .. Convert.FromHexString(end)];
        ChunkId id = ChunkId.Of(bytes);
        chunks.Chunks[id] = bytes;
        Assert.Equal(flags is null, await IsCorruptAsync(chunks, id));
        if (flags is { } known)
        {
            Assert.Equal(known, (await new TreeReader(chunks, id).FindAsync([], default))!.Flags);
            TreeRoot written = await TreeTests.WriteAsync(chunks, [new TreeEntry { Path = [], Kind = EntryKind.Directory, Flags = known }]);
            Assert.Equal(id, written.Block);
        }
    }

    private static async Task<bool> IsCorruptAsync(MemoryChunks chunks, ChunkId root)
    {
        try
        {
            await DrainAsync(new TreeReader(chunks, root).ReferencedChunksAsync(default));
            return false;
        }
        catch (CorruptTreeException)
        {
            return true;
        }
        catch (KeyNotFoundException)
        {
            // A damaged id names a chunk that does not exist; the source says so.
            return true;
        }
    }

    private static async Task DrainAsync<T>(IAsyncEnumerable<T> items)
    {
        await foreach (T item in items)
        {
            _ = item;
        }
    }
}
