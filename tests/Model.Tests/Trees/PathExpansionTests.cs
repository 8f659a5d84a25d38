using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

/// <summary>Paths share their beginnings in a block, so a small block can name far more bytes than it has.</summary>
public sealed class PathExpansionTests
{
    [Fact]
    public async Task Walk_SmallBlockWithHugePaths_IsCorruptAndTakesLittleMemory()
    {
        byte[] path = new byte[60_000];
        path.AsSpan().Fill((byte)'d');
        for (int i = 200; i < path.Length; i += 201)
        {
            path[i] = (byte)'/';
        }

        MemoryChunks chunks = new();
        byte[] block = HostileLeaf(path, 20_000);
        ChunkId root = ChunkId.Of(block);
        chunks.Chunks[root] = block;
        long before = GC.GetAllocatedBytesForCurrentThread();

        await Assert.ThrowsAsync<CorruptTreeException>(async () =>
        {
            await foreach (TreeEntry entry in new TreeReader(chunks, root).WalkAsync(default))
            {
                _ = entry;
            }
        });

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
    }

    [Fact]
    public async Task Walk_HonestTreeOfHugePaths_ReadsBack()
    {
        List<TreeEntry> entries = [new() { Path = [], Kind = EntryKind.Directory }];
        byte[] directory = [];
        for (int depth = 0; depth < 150; depth++)
        {
            directory = [.. directory, .. depth > 0 ? "/"u8 : [], .. Enumerable.Repeat((byte)'d', 200)];
            entries.Add(new TreeEntry { Path = directory, Kind = EntryKind.Directory });
        }

        for (int i = 0; i < 1000; i++)
        {
            entries.Add(new TreeEntry { Path = [.. directory, .. System.Text.Encoding.ASCII.GetBytes($"/{i:d6}")], Kind = EntryKind.File });
        }

        MemoryChunks chunks = new();
        TreeRoot root = await TreeTests.WriteAsync(chunks, entries);
        List<byte[]> paths = [];
        await foreach (TreeEntry entry in new TreeReader(chunks, root.Block).WalkAsync(default))
        {
            paths.Add(entry.Path);
        }

        Assert.Equal(entries.Select(e => e.Path), paths);
    }

    // Entries of one long path and then paths one byte longer each time, which takes 20 bytes an entry.
    private static byte[] HostileLeaf(byte[] path, int count)
    {
        BlockEncoder block = new();
        block.Raw([(byte)'K', (byte)'T', 1, 0]);
        block.Unsigned((ulong)count);
        byte[] previous = [];
        for (int i = 0; i < count; i++)
        {
            byte[] next = [.. path, .. System.Text.Encoding.ASCII.GetBytes($"{i:d6}")];
            EntryCodec.Encode(block, previous, new TreeEntry { Path = next, Kind = EntryKind.File });
            previous = next;
        }

        Assert.InRange(block.Length, 1, 1 << 20);
        return block.Written.ToArray();
    }
}
