using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.TestKit;

namespace K8sBackup.Repository.Tests.Index;

/// <summary>An index that outgrows its memory goes on in files, gives the same answers, and leaves nothing behind.</summary>
public sealed class IndexPagingTests : IDisposable
{
    private const int Chunks = 1_000_000;
    private const long InMemory = 8 << 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Table_BeyondItsMemory_IsPagedAndGivesTheSameAnswers()
    {
        IndexMemory memory = new(new IndexPaging(InMemory, _directory.Path));
        using ChunkTable paged = new(memory);
        using ChunkTable plain = new(new IndexMemory());
        Fill(paged);
        Fill(plain);

        Assert.InRange(paged.MemoryBytes - memory.BytesPaged, 0, InMemory + (64 * 256 << 10));
        Assert.InRange((double)plain.MemoryBytes / plain.Count, 28, 45);
        Assert.Equal(plain.Count, paged.Count);
        Random random = new(5);
        for (int i = 0; i < Chunks; i++)
        {
            StoreChunkId id = Next(random);
            Assert.True(paged.TryFind(id, out ChunkLocation location));
            Assert.Equal(new ChunkLocation((uint)i, i % 1000, 100), location);
        }

        paged.RemoveWhere(frame => frame % 2 == 0);
        Assert.Equal(Chunks / 2, paged.Count);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Table_DirectoryThatTakesNoFile_StaysInMemory()
    {
        string file = Path.Combine(_directory.Path, "file");
        File.WriteAllText(file, "");
        IndexMemory memory = new(new IndexPaging(0, file));
        using ChunkTable table = new(memory);

        Fill(table);

        Assert.Equal((Chunks, 0L), (table.Count, memory.BytesPaged));
    }

    [Fact]
    public void FileOfAProcessThatDiedBeforeItTookTheNameAway_IsRemoved()
    {
        string left = Path.Combine(_directory.Path, $"index-{Guid.NewGuid():n}.pages");
        string other = Path.Combine(_directory.Path, "notes.txt");
        File.WriteAllText(left, "");
        File.WriteAllText(other, "");

        _ = new IndexMemory(new IndexPaging(0, _directory.Path));

        Assert.Equal([other], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void Disposed_GivesItsFilesBack()
    {
        IndexMemory memory = new(new IndexPaging(0, _directory.Path));
        ChunkTable table = new(memory);
        Fill(table);
        Assert.NotEqual(0, memory.BytesPaged);

        table.Dispose();

        Assert.Equal(0, memory.BytesPaged);
    }

    private static void Fill(ChunkTable table)
    {
        Random random = new(5);
        for (int i = 0; i < Chunks; i++)
        {
            Assert.True(table.TryAdd(Next(random), new ChunkLocation((uint)i, i % 1000, 100)));
        }
    }

    private static StoreChunkId Next(Random random)
    {
        Span<byte> bytes = stackalloc byte[32];
        random.NextBytes(bytes);
        return StoreChunkId.Read(bytes);
    }
}
