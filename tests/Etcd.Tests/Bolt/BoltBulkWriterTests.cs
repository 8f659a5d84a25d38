using System.Buffers.Binary;
using K8sBackup.Etcd.Bolt;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Bolt;

public sealed class BoltBulkWriterTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(70)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public void Finish_ManySmallEntries_ReaderReturnsThemAll(int count)
    {
        var entries = Enumerable.Range(0, count).Select(i => (Key: NumberKey(i), Value: new byte[i % 50]));
        AssertRoundTrip(4096, [("key", entries)]);
    }

    [Theory]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(65536)]
    public void Finish_ValuesAroundThePageSize_ReaderReturnsThemAll(int pageSize)
    {
        int[] sizes = [0, 1, pageSize - 64, pageSize - 33, pageSize - 32, pageSize - 31, pageSize, pageSize + 1, 3 * pageSize, 1536 << 10];
        var entries = sizes.SelectMany((size, i) => new[]
        {
            (Key: NumberKey(2 * i), Value: Filled(size, (byte)i)),
            (Key: NumberKey((2 * i) + 1), Value: Filled(3, (byte)i)),
        });
        AssertRoundTrip(pageSize, [("a", entries), ("b", entries), ("empty", [])]);
    }

    [Theory]
    [InlineData(1024, 1)]
    [InlineData(4096, 2)]
    [InlineData(16384, 3)]
    public void Finish_RandomSizedKeysAndValues_ReaderReturnsThemAll(int pageSize, int seed)
    {
        var random = new Random(seed);
        var entries = new SortedDictionary<string, (byte[] Key, byte[] Value)>(StringComparer.Ordinal);
        for (var i = 0; i < 400; i++)
        {
            var key = new byte[random.Next(10) == 0 ? random.Next(1, 32769) : random.Next(1, 100)];
            random.NextBytes(key);
            var value = new byte[random.Next(20) == 0 ? random.Next(100_000) : random.Next(800)];
            random.NextBytes(value);
            entries[Convert.ToHexString(key)] = (key, value);
        }

        AssertRoundTrip(pageSize, [("random", entries.Values)]);
    }

    [Fact]
    public void Finish_ThousandsOfBuckets_ReaderReturnsThemAll()
    {
        var buckets = Enumerable.Range(0, 3000)
            .Select(i => ($"bucket-{i:d6}", (IEnumerable<(byte[], byte[])>)[(NumberKey(i), NumberKey(i))]))
            .ToArray();
        AssertRoundTrip(4096, buckets);
    }

    [Fact]
    public void Finish_LongKeysOnly_EveryBranchHasTwoChildren()
    {
        var entries = Enumerable.Range(0, 37).Select(i => (Key: (byte[])[.. NumberKey(i), .. new byte[32_000]], Value: Array.Empty<byte>()));
        AssertRoundTrip(4096, [("long", entries)]);
    }

    [Fact]
    public void Add_KeyNotAscending_FailsAndStaysFailed()
    {
        using var temp = new TemporaryDirectory();
        using var writer = BoltBulkWriter.Create(temp["db"], 4096);
        writer.BeginBucket("b"u8, 0);
        writer.Add("k2"u8, "v"u8);

        Assert.Throws<ArgumentException>(() => writer.Add("k1"u8, "v"u8));
        Assert.Throws<InvalidOperationException>(() => writer.Add("k3"u8, "v"u8));
        Assert.Throws<InvalidOperationException>(() => writer.Finish());
    }

    [Fact]
    public void EndBucket_NamesNotAscending_Fails()
    {
        using var temp = new TemporaryDirectory();
        using var writer = BoltBulkWriter.Create(temp["db"], 4096);
        writer.BeginBucket("b"u8, 0);
        writer.EndBucket();
        writer.BeginBucket("a"u8, 0);

        Assert.Throws<ArgumentException>(writer.EndBucket);
    }

    [Fact]
    public void Create_FileExists_Fails()
    {
        using var temp = new TemporaryDirectory();
        File.WriteAllText(temp["db"], "precious");

        Assert.ThrowsAny<IOException>(() => BoltBulkWriter.Create(temp["db"], 4096));
        Assert.Equal("precious", File.ReadAllText(temp["db"]));
    }

    [Fact]
    public void Open_UnfinishedFile_IsCorrupt()
    {
        using var temp = new TemporaryDirectory();
        using (var writer = BoltBulkWriter.Create(temp["db"], 4096))
        {
            writer.BeginBucket("b"u8, 0);
            writer.Add("k"u8, new byte[3 << 20]);
            writer.EndBucket();
        }

        Assert.Throws<CorruptDatabaseException>(() => BoltFile.Open(temp["db"]));
    }

    private static void AssertRoundTrip(int pageSize, (string Name, IEnumerable<(byte[] Key, byte[] Value)> Entries)[] buckets)
    {
        using var temp = new TemporaryDirectory();
        var path = temp["db"];
        long length;
        using (var writer = BoltBulkWriter.Create(path, pageSize))
        {
            foreach (var (name, entries) in buckets)
            {
                writer.BeginBucket(System.Text.Encoding.UTF8.GetBytes(name), 7);
                foreach (var (key, value) in entries)
                {
                    writer.Add(key, value);
                }

                writer.EndBucket();
            }

            length = writer.Finish();
        }

        using var file = BoltFile.Open(path);
        Assert.Equal(new FileInfo(path).Length, length);
        Assert.Equal(pageSize, file.Meta.PageSize);
        var report = BoltWalk.Check(file, CancellationToken.None);
        Assert.Equal(buckets.Length, report.Buckets);
        Assert.Equal((long)file.Meta.HighWaterMark - 2, report.PagesUsed);
        var root = file.OpenCursor(file.Root);
        foreach (var (name, entries) in buckets)
        {
            Assert.True(root.MoveNext());
            var bucket = root.ReadBucket();
            Assert.True(bucket.IsNamed(System.Text.Encoding.UTF8.GetBytes(name)));
            Assert.Equal(7UL, bucket.Sequence);
            AssertSame(entries, file.OpenCursor(bucket));
        }

        Assert.False(root.MoveNext());
    }

    private static void AssertSame(IEnumerable<(byte[] Key, byte[] Value)> expected, BoltCursor cursor)
    {
        foreach (var (key, value) in expected)
        {
            Assert.True(cursor.MoveNext());
            Assert.True(cursor.Key.SequenceEqual(key));
            Assert.True(cursor.Value.SequenceEqual(value));
        }

        Assert.False(cursor.MoveNext());
    }

    private static byte[] NumberKey(int number)
    {
        var key = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        return key;
    }

    private static byte[] Filled(int size, byte value)
    {
        var bytes = new byte[size];
        Array.Fill(bytes, value);
        return bytes;
    }
}
