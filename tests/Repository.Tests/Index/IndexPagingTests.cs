using System.Buffers.Binary;
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

    // They lie on a disk that is not the store's, and a crash may leave one there: 16 bytes of an HMAC, a number, an offset and a length each, or nothing.
    [Fact]
    public void Files_HoldKeyedIdsAndPlaces_AndNothingElse()
    {
        const int entryBytes = 28;
        IndexMemory memory = new(new IndexPaging(0, _directory.Path));
        using ChunkTable table = new(memory);
        Fill(table);
        Random random = new(5);
        HashSet<UInt128> ids = [.. Enumerable.Range(0, Chunks).Select(_ => Next(random).High)];

        int entries = 0;
        foreach (byte[] file in OpenPageFiles())
        {
            for (int at = 0; at + entryBytes <= file.Length; at += entryBytes)
            {
                ReadOnlySpan<byte> entry = file.AsSpan(at, entryBytes);
                if (!entry.ContainsAnyExcept((byte)0))
                {
                    continue;
                }

                UInt128 id = new(BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]));
                int number = BinaryPrimitives.ReadInt32LittleEndian(entry[16..]) - 1;
                (int, int) place = (BinaryPrimitives.ReadInt32LittleEndian(entry[20..]), BinaryPrimitives.ReadInt32LittleEndian(entry[24..]));
                entries += ids.Contains(id) && place == (number % 1000, 100) ? 1 : throw new InvalidOperationException($"{Convert.ToHexString(entry)} is no id and place");
            }
        }

        Assert.InRange(entries, Chunks * 9 / 10, Chunks);
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

    // They have no name any more; the process still has them open.
    private IEnumerable<byte[]> OpenPageFiles() => Directory.GetFiles("/proc/self/fd")
        .Where(link => new FileInfo(link).LinkTarget?.StartsWith(_directory.Path, StringComparison.Ordinal) == true)
        .Select(File.ReadAllBytes);

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
