using K8sBackup.Chunking.Compression;

namespace K8sBackup.Chunking.Tests.Compression;

public sealed class ZstdTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void Compress_Text_RoundTrips(int length)
    {
        byte[] plain = Text(length);
        byte[] compressed = new byte[length];

        int bytes = Zstd.Compress(plain, compressed);

        Assert.InRange(bytes, 1, length - 1);
        byte[] back = new byte[length];
        Zstd.Decompress(compressed.AsSpan(0, bytes), back);
        Assert.Equal(plain, back);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(65536)]
    public void Compress_RandomBytes_SaysItDoesNotShrink(int length)
    {
        byte[] plain = new byte[length];
        new Random(1).NextBytes(plain);

        Assert.Equal(-1, Zstd.Compress(plain, new byte[length + 1000]));
    }

    [Fact]
    public void Compress_DestinationTooShort_SaysItDoesNotShrink() =>
        Assert.Equal(-1, Zstd.Compress(Text(4096), new byte[20]));

    [Fact]
    public void Decompress_MoreThanExpected_IsRefusedAndWritesNothingBeyond()
    {
        byte[] bomb = Compressed(new byte[1 << 20]);
        byte[] room = new byte[4096 + 16];
        room.AsSpan(4096).Fill(0xA5);

        Assert.Throws<DecompressionException>(() => Zstd.Decompress(bomb, room.AsSpan(0, 4096)));

        Assert.True(room.AsSpan(4096).IndexOfAnyExcept((byte)0xA5) < 0);
    }

    // A frame as RFC 8878 has it: magic, descriptor, what that announces, and one raw block of five bytes.
    [Theory]
    [InlineData("20" + "05", true, "one segment of five bytes")]
    [InlineData("21" + "07" + "05", false, "made with dictionary 7")]
    [InlineData("23" + "ffffffff" + "05", false, "made with another dictionary")]
    [InlineData("e0" + "0000000000000080", false, "2^63 bytes long")]
    [InlineData("e0" + "ffffffffffffffff", true, "the length that means that it is not known")]
    [InlineData("00" + "ff", false, "a window of terabytes")]
    [InlineData("28" + "05", false, "a bit that is reserved")]
    public void Decompress_FrameThatAsksForMoreThanItsBytes_IsRefusedWithoutTakingMemory(string head, bool isSound, string what)
    {
        byte[] frame = [0x28, 0xB5, 0x2F, 0xFD, .. Convert.FromHexString(head), 0x29, 0, 0, .. "hello"u8];
        byte[] room = new byte[5];
        long before = GC.GetAllocatedBytesForCurrentThread();

        Exception? error = Record.Exception(() => Zstd.Decompress(frame, room));

        Assert.True(isSound ? error is null : error is DecompressionException, $"{what}: {error}");
        Assert.True(!isSound || room.AsSpan().SequenceEqual("hello"u8), what);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Decompress_FewerThanExpected_IsRefused()
    {
        byte[] compressed = Compressed(Text(4096));

        Assert.Throws<DecompressionException>(() => Zstd.Decompress(compressed, new byte[4097]));
    }

    [Fact]
    public void Decompress_DamagedBytes_IsRefusedOrChangesNothingElse()
    {
        byte[] plain = Text(2000);
        byte[] compressed = Compressed(plain);
        Random random = new(7);
        for (int round = 0; round < 2000; round++)
        {
            byte[] damaged = [.. compressed];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            byte[] back = new byte[plain.Length];
            Exception? error = Record.Exception(() => Zstd.Decompress(damaged, back));
            Assert.True(error is null or DecompressionException, $"round {round}: {error}");
        }

        for (int length = 0; length < compressed.Length; length++)
        {
            Assert.Throws<DecompressionException>(() => Zstd.Decompress(compressed.AsSpan(0, length), new byte[plain.Length]));
        }
    }

    [Fact]
    public void Compress_ManyThreads_DoNotDisturbEachOther() =>
        Parallel.For(0, 64, i =>
        {
            byte[] plain = Text(10_000 + i);
            byte[] back = new byte[plain.Length];
            Zstd.Decompress(Compressed(plain), back);
            Assert.Equal(plain, back);
        });

    private static byte[] Compressed(byte[] plain)
    {
        byte[] room = new byte[plain.Length];
        int bytes = Zstd.Compress(plain, room);
        Assert.True(bytes > 0);
        return room[..bytes];
    }

    private static byte[] Text(int length)
    {
        Random random = new(length);
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++)
        {
            text[i] = (byte)('a' + Math.Min(random.Next(26), random.Next(26)));
        }

        return text;
    }
}
