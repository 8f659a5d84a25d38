using System.Globalization;
using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Model.Tests.Trees;

/// <summary>How large a directory is shows in the number of blocks, and in nothing that is held.</summary>
public sealed class LargeTreeTests
{
    private const int Entries = 1_000_000;

    [Fact]
    public async Task Write_DirectoryOfAMillionEntries_HoldsABlockALevel()
    {
        CountingSink sink = new();
        TreeWriter writer = new(sink);
        await writer.AddAsync(new TreeEntry { Path = [], Kind = EntryKind.Directory }, default);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Entries; i++)
        {
            byte[] path = Encoding.ASCII.GetBytes(i.ToString("D20", CultureInfo.InvariantCulture));
            await writer.AddAsync(new TreeEntry { Path = path, Kind = EntryKind.File, Size = 1, Inode = (ulong)i }, default);
        }

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        TreeRoot root = await writer.FinishAsync(default);

        Assert.True(held < 8 << 20, $"{held} bytes are held.");
        Assert.Equal((Entries + 1, Entries), (root.Entries, root.FileBytes));
        Assert.InRange(sink.Largest, 64 * 1024, 300 * 1024);
    }

    private sealed class CountingSink : IChunkSink
    {
        public int Largest { get; private set; }

        public ValueTask<ChunkId> AddAsync(ReadOnlyMemory<byte> plaintext, CancellationToken cancellationToken)
        {
            Largest = Math.Max(Largest, plaintext.Length);
            return ValueTask.FromResult(ChunkId.Of(plaintext.Span));
        }
    }
}
