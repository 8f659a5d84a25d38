using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using K8sBackup.Etcd.Bolt;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.TestKit;

namespace K8sBackup.Etcd.Tests.Bolt;

/// <summary>Damaged files must end in the typed error or in a walk that found nothing, always soon.</summary>
public sealed class DamagedBoltFileTests
{
    private const int PageSize = 4096;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Inspect_RandomBitFlips_OnlyTypedErrors(int seed)
    {
        var random = new Random(seed);
        AssertOnlyTypedErrors(400, bytes =>
        {
            for (var flips = random.Next(1, 6); flips > 0; flips--)
            {
                bytes[random.Next(2 * PageSize, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
        });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Inspect_RandomHeaderFields_OnlyTypedErrors(int seed)
    {
        var random = new Random(seed);
        uint[] interesting = [0, 1, 2, 16, 0x7fffffff, 0x80000000, 0xfffffff0, uint.MaxValue];
        AssertOnlyTypedErrors(400, bytes =>
        {
            var page = random.Next(2, bytes.Length / PageSize);
            var offset = (page * PageSize) + (4 * random.Next(0, 24));
            var value = random.Next(2) == 0 ? interesting[random.Next(interesting.Length)] : (uint)random.Next(0, 300);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);
        });
    }

    [Theory]
    [InlineData(6)]
    public void Inspect_SwappedAndCopiedPages_OnlyTypedErrors(int seed)
    {
        var random = new Random(seed);
        AssertOnlyTypedErrors(300, bytes =>
        {
            var from = random.Next(2, bytes.Length / PageSize) * PageSize;
            var to = random.Next(2, bytes.Length / PageSize) * PageSize;
            var keepId = random.Next(2) == 0 ? 8 : 0;
            bytes.AsSpan(from + keepId, PageSize - keepId).CopyTo(bytes.AsSpan(to + keepId));
        });
    }

    [Fact]
    public void Check_BranchNamesItself_IsACycle()
    {
        var error = CorruptionOf(bytes =>
        {
            var branch = FindPage(bytes, flags: 1);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((branch * PageSize) + 16 + 8), (ulong)branch);
        });

        Assert.Contains("referenced twice", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ChildrenExchanged_SeparatorsTell()
    {
        var error = CorruptionOf(bytes =>
        {
            var first = (FindPage(bytes, flags: 1) * PageSize) + 16 + 8;
            var (a, b) = (bytes.AsSpan(first, 8).ToArray(), bytes.AsSpan(first + 16, 8).ToArray());
            b.CopyTo(bytes.AsSpan(first));
            a.CopyTo(bytes.AsSpan(first + 16));
        });

        Assert.Contains("separator", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_HugeOverflow_PassesTheEnd()
    {
        var error = CorruptionOf(bytes =>
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan((FindPage(bytes, flags: 2) * PageSize) + 12), uint.MaxValue));

        Assert.Contains("overflow", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_HugeCount_DoesNotFit()
    {
        var error = CorruptionOf(bytes =>
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan((FindPage(bytes, flags: 2) * PageSize) + 10), ushort.MaxValue));

        Assert.Contains("do not fit", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BothMetasDamaged_Fails()
    {
        using var temp = new TemporaryDirectory();
        var bytes = BuildDatabase(temp);
        bytes[30] ^= 1;
        bytes[PageSize + 30] ^= 1;
        File.WriteAllBytes(temp["bad"], bytes);

        Assert.Throws<CorruptDatabaseException>(() => BoltFile.Open(temp["bad"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Open_OneMetaDamaged_UsesTheOther(int page)
    {
        using var temp = new TemporaryDirectory();
        var bytes = BuildDatabase(temp);
        bytes[(page * PageSize) + 30] ^= 1;
        File.WriteAllBytes(temp["bad"], bytes);

        using var file = BoltFile.Open(temp["bad"]);

        Assert.Equal(page == 0 ? 1UL : 2UL, file.Meta.TransactionId);
        Assert.Equal(2, BoltWalk.Check(file, CancellationToken.None).Buckets);
    }

    [Fact]
    public void Open_FileCutShort_Fails()
    {
        using var temp = new TemporaryDirectory();
        var bytes = BuildDatabase(temp);
        foreach (var length in new[] { 0, 1, 80, PageSize, 2 * PageSize, bytes.Length - 1 })
        {
            File.WriteAllBytes(temp["bad"], bytes[..length]);
            Assert.Throws<CorruptDatabaseException>(() => BoltFile.Open(temp["bad"]));
        }
    }

    [Fact]
    public void Check_InlineBucketWithLyingElement_Fails()
    {
        using var temp = new TemporaryDirectory();
        var inline = new byte[16 + 16 + 10];
        BinaryPrimitives.WriteUInt16LittleEndian(inline.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(inline.AsSpan(10), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(inline.AsSpan(20), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(inline.AsSpan(24), 5);
        BinaryPrimitives.WriteUInt32LittleEndian(inline.AsSpan(28), 5);
        using var file = BoltFile.Open(WriteFile(temp, "good", BuildDatabase(temp)));
        var good = file.OpenCursor(new BoltBucket("x"u8.ToArray(), 0, 0, inline, 9));
        Assert.True(good.MoveNext());
        Assert.Equal(5, good.Key.Length);

        BinaryPrimitives.WriteUInt32LittleEndian(inline.AsSpan(28), 6);
        var bad = file.OpenCursor(new BoltBucket("x"u8.ToArray(), 0, 0, inline, 9));

        Assert.Equal(9UL, Assert.Throws<CorruptDatabaseException>(() => bad.MoveNext()).PageId);
    }

    [Fact]
    public void Check_BucketsNestedDeeperThanAnyTree_IsCorruptAndNoOverflowOfTheStack()
    {
        using var temp = new TemporaryDirectory();
        using (var writer = BoltBulkWriter.Create(temp["deep"], PageSize))
        {
            writer.BeginBucket("meta"u8, 0);
            writer.Add("deep"u8, Nested(1_000));
            writer.EndBucket();
            writer.Finish();
        }

        var bytes = File.ReadAllBytes(temp["deep"]);
        // The only element of its page: its header stands right before its key, and the first of its words says that it is a bucket.
        bytes[bytes.AsSpan().IndexOf("deep"u8) - 16] = 1;
        using var file = BoltFile.Open(WriteFile(temp, "bad", bytes));

        Assert.Contains("nested deeper", Assert.Throws<CorruptDatabaseException>(() => BoltWalk.Check(file, CancellationToken.None)).Reason, StringComparison.Ordinal);
    }

    // A bucket that holds a bucket that holds a bucket, all inline.
    private static byte[] Nested(int levels)
    {
        byte[] value = [.. new byte[16], .. Leaf([])];
        for (var level = 0; level < levels; level++)
        {
            var element = new byte[16];
            element[0] = 1;
            element[4] = 16;
            element[8] = 1;
            BinaryPrimitives.WriteInt32LittleEndian(element.AsSpan(12), value.Length);
            value = [.. new byte[16], .. Leaf([.. element, (byte)'x', .. value])];
        }

        return value;
    }

    private static byte[] Leaf(byte[] elements) => [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, (byte)(elements.Length > 0 ? 1 : 0), 0, 0, 0, 0, 0, .. elements];

    private static string WriteFile(TemporaryDirectory temp, string name, byte[] bytes)
    {
        File.WriteAllBytes(temp[name], bytes);
        return temp[name];
    }

    private static void AssertOnlyTypedErrors(int rounds, Action<byte[]> damage)
    {
        using var temp = new TemporaryDirectory();
        var good = BuildDatabase(temp);
        var found = 0;
        var clock = Stopwatch.StartNew();
        for (var round = 0; round < rounds; round++)
        {
            var bytes = (byte[])good.Clone();
            damage(bytes);
            var path = WriteFile(temp, "bad", bytes);
            try
            {
                using var file = BoltFile.Open(path);
                BoltWalk.Check(file, CancellationToken.None);
                new DatabaseInspector(file).Inspect(bytes.Length, null, CancellationToken.None);
            }
            catch (CorruptDatabaseException)
            {
                found++;
            }
        }

        Assert.NotEqual(0, found);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(10), $"{rounds} walks took {clock.Elapsed}");
    }

    private static CorruptDatabaseException CorruptionOf(Action<byte[]> damage)
    {
        using var temp = new TemporaryDirectory();
        var bytes = BuildDatabase(temp);
        damage(bytes);
        using var file = BoltFile.Open(WriteFile(temp, "bad", bytes));
        return Assert.Throws<CorruptDatabaseException>(() => BoltWalk.Check(file, CancellationToken.None));
    }

    private static int FindPage(byte[] bytes, ushort flags)
    {
        for (var page = 2; page < bytes.Length / PageSize; page++)
        {
            if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(page * PageSize)) == (ulong)page
                && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan((page * PageSize) + 8)) == flags)
            {
                return page;
            }
        }

        throw new InvalidOperationException("no such page");
    }

    // A key bucket of 600 revisions with some overflow pages, and a small meta bucket.
    private static byte[] BuildDatabase(TemporaryDirectory temp)
    {
        var path = temp[Guid.NewGuid().ToString("n")];
        using (var writer = BoltBulkWriter.Create(path, PageSize))
        {
            writer.BeginBucket("key"u8, 0);
            var key = new byte[Revision.EncodedBytes];
            for (var i = 1; i <= 600; i++)
            {
                new Revision(i, 0).Write(key);
                byte[] name = Encoding.UTF8.GetBytes($"k{i % 40:d2}");
                byte[] value = [0x0a, (byte)name.Length, .. name, 0x10, 1, 0x18, .. Varint(i), 0x20, 1, 0x2a, .. Varint(i % 90 * 60), .. new byte[i % 90 * 60]];
                writer.Add(key, value);
            }

            writer.EndBucket();
            writer.BeginBucket("meta"u8, 0);
            writer.Add("consistent_index"u8, new byte[8]);
            writer.EndBucket();
            writer.Finish();
        }

        return File.ReadAllBytes(path);
    }

    private static byte[] Varint(int value) =>
        value < 0x80 ? [(byte)value] : [(byte)(value | 0x80), .. Varint(value >> 7)];
}
