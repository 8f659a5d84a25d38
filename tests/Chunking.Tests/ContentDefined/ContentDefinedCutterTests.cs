using System.Security.Cryptography;
using K8sBackup.Chunking.ContentDefined;

namespace K8sBackup.Chunking.Tests.ContentDefined;

public sealed class ContentDefinedCutterTests
{
    private static readonly byte[] Key = SHA256.HashData("test cutter key"u8);

    // Small sizes keep the property tests quick; the code has no other dependence on size.
    private static readonly CutterSizes Small = new(1024, 4096, 16384);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void NextCut_AnyBuffering_GivesTheSameCuts(int seed)
    {
        byte[] data = RandomBytes(seed, 300_000);
        ContentDefinedCutter cutter = new(Key, Small);
        List<int> whole = CutsOf(cutter, data);
        Random random = new(seed);

        List<int> cuts = [];
        int start = 0;
        int known = 0;
        while (start < data.Length)
        {
            int cut = cutter.NextCut(data.AsSpan(start, known - start), known == data.Length);
            if (cut > 0)
            {
                start += cut;
                cuts.Add(cut);
            }
            else
            {
                known = Math.Min(data.Length, known + random.Next(1, 3000));
            }
        }

        Assert.Equal(whole, cuts);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(500_001)]
    public void NextCut_AnyLength_KeepsTheLimitsAndCoversAll(int length)
    {
        List<int> cuts = CutsOf(new ContentDefinedCutter(Key, Small), RandomBytes(length, length));

        Assert.Equal(length, cuts.Sum());
        Assert.All(cuts.SkipLast(1), c => Assert.InRange(c, Small.BytesMin, Small.BytesMax));
        Assert.True(cuts.Count == 0 || cuts[^1] <= Small.BytesMax);
    }

    [Fact]
    public void NextCut_ConstantBytes_KeepsTheLimits()
    {
        ContentDefinedCutter cutter = new(Key, Small);
        for (int value = 0; value < 256; value++)
        {
            byte[] data = new byte[50_000];
            data.AsSpan().Fill((byte)value);
            List<int> cuts = CutsOf(cutter, data);
            Assert.All(cuts.SkipLast(1), c => Assert.InRange(c, Small.BytesMin, Small.BytesMax));
        }
    }

    [Fact]
    public void NextCut_RandomData_CentresOnTheNormalSize()
    {
        List<int> cuts = CutsOf(new ContentDefinedCutter(Key, Small), RandomBytes(5, 8 << 20));

        Assert.InRange(cuts.Average(), Small.BytesNormal * 0.8, Small.BytesNormal * 1.4);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    public void NextCut_AfterAnEdit_ComesBackInStep(int seed)
    {
        Random random = new(seed);
        byte[] before = RandomBytes(seed, 1 << 20);
        int place = random.Next(before.Length);
        byte[] after = [.. before[..place], .. RandomBytes(seed + 100, random.Next(1, 200)), .. before[place..]];
        ContentDefinedCutter cutter = new(Key, Small);

        HashSet<string> known = [.. ChunksOf(cutter, before)];
        int fresh = ChunksOf(cutter, after).Count(c => !known.Contains(c));

        Assert.InRange(fresh, 1, 12);
    }

    [Fact]
    public void NextCut_AnotherKey_CutsElsewhere()
    {
        byte[] data = RandomBytes(3, 1 << 20);

        HashSet<string> one = [.. ChunksOf(new ContentDefinedCutter(Key, Small), data)];
        IEnumerable<string> other = ChunksOf(new ContentDefinedCutter(SHA256.HashData("another"u8), Small), data);

        Assert.True(other.Count(one.Contains) <= 1);
    }

    [Fact]
    public void NextCut_AgainstPlainDefinition_IsTheSame()
    {
        byte[] data = RandomBytes(21, 200_000);

        Assert.Equal(PlainCuts(data, Small), CutsOf(new ContentDefinedCutter(Key, Small), data));
    }

    // Cuts are part of the repository format: a change here makes every repository store everything again.
    [Fact]
    public void NextCut_GoldenVector_NeverChanges()
    {
        byte[] data = new byte[4 << 20];
        for (int i = 0; i < data.Length; i += 32)
        {
            SHA256.HashData(BitConverter.GetBytes(i), data.AsSpan(i, 32));
        }

        Assert.Equal(
            [298882, 271119, 472119, 300036, 424373, 127409, 297890, 295447, 317468, 295580, 374008, 304381, 354426, 61166],
            CutsOf(new ContentDefinedCutter(Key, CutterSizes.General), data));
        Assert.Equal(
            [1042120, 724409, 720746, 613048, 530211, 525758, 38012],
            CutsOf(new ContentDefinedCutter(Key, CutterSizes.Large), data));
    }

    [Theory]
    [InlineData(0, 4096, 16384)]
    [InlineData(1024, 5000, 16384)]
    [InlineData(4096, 4096, 16384)]
    [InlineData(1024, 4096, 4096)]
    public void Constructor_SenselessSizes_AreRefused(int min, int normal, int max) =>
        Assert.Throws<ArgumentException>(() => new ContentDefinedCutter(Key, new CutterSizes(min, normal, max)));

    [Fact]
    public void Constructor_ShortKey_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new ContentDefinedCutter(Key.AsSpan(1), Small));

    [Fact]
    public void For_FileSize_ChoosesTheClass()
    {
        Assert.Same(CutterSizes.General, CutterSizes.For(CutterSizes.LargeFileBytesMin - 1));
        Assert.Same(CutterSizes.Large, CutterSizes.For(CutterSizes.LargeFileBytesMin));
    }

    private static List<int> CutsOf(ContentDefinedCutter cutter, byte[] data)
    {
        List<int> cuts = [];
        for (int start = 0; start < data.Length; start += cuts[^1])
        {
            cuts.Add(cutter.NextCut(data.AsSpan(start), final: true));
        }

        return cuts;
    }

    private static IEnumerable<string> ChunksOf(ContentDefinedCutter cutter, byte[] data)
    {
        int start = 0;
        foreach (int cut in CutsOf(cutter, data))
        {
            yield return Convert.ToHexString(SHA256.HashData(data.AsSpan(start, cut)));
            start += cut;
        }
    }

    // The definition, without windows carried over or unrolling: the hash is computed anew at every place.
    private static List<int> PlainCuts(byte[] data, CutterSizes sizes)
    {
        ulong[] table = GearTable.Derive(Key);
        int bits = (int)Math.Log2(sizes.BytesNormal);
        List<int> cuts = [];
        int start = 0;
        for (int end = 1; end <= data.Length; end++)
        {
            int length = end - start;
            ulong hash = 0;
            for (int i = Math.Max(start, end - 64); length > sizes.BytesMin && i < end; i++)
            {
                hash = (hash << 1) + table[data[i]];
            }

            int filter = length > sizes.BytesNormal ? bits - 2 : bits + 2;
            bool hit = length > sizes.BytesMin && hash >> (64 - filter) == 0;
            if (hit || length == sizes.BytesMax || end == data.Length)
            {
                cuts.Add(length);
                start = end;
            }
        }

        return cuts;
    }

    private static byte[] RandomBytes(int seed, int length)
    {
        byte[] data = new byte[length];
        new Random(seed).NextBytes(data);
        return data;
    }
}
