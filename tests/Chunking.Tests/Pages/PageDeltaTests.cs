using K8sBackup.Chunking.Pages;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Chunking.Tests.Pages;

public sealed class PageDeltaTests
{
    private const int PageBytes = 4096;

    private readonly MemoryChunks _data = new();
    private readonly MemoryChunks _metadata = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PageBytes)]
    [InlineData((300 * PageBytes) + 32)]
    [InlineData(600 * PageBytes)]
    public async Task Delta_WithoutParent_RebuildsTheFile(int length)
    {
        byte[] file = RandomFile(1, length);

        PageDeltaResult result = await DeltaAsync(file, null);

        Assert.Equal(file, await RebuildAsync(result));
        Assert.Equal((length + PageBytes - 1) / PageBytes, result.Pages);
        Assert.Equal(length, result.Size);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Delta_ChainOfRandomEdits_RebuildsEveryState(int seed)
    {
        Random random = new(seed);
        byte[] file = RandomFile(seed, 700 * PageBytes);
        PageDeltaResult? last = null;
        for (int round = 0; round < 25; round++)
        {
            PageDeltaResult result = await DeltaAsync(file, last, random.Next(1, 50));
            Assert.Equal(file, await RebuildAsync(result));
            last = result;
            file = Edited(file, random);
        }
    }

    [Fact]
    public async Task Delta_NothingChanged_StoresNothingAndKeepsTheContent()
    {
        byte[] file = RandomFile(1, (5000 * PageBytes) + 32);
        PageDeltaResult first = await DeltaAsync(file, null);
        _data.Added = _metadata.Added = 0;

        PageDeltaResult second = await DeltaAsync(file, first);

        Assert.Equal(0, second.FreshPages);
        Assert.Equal(0, _data.Added + _metadata.Added);
        Assert.Equal(first.Content.PageDigestChunks, second.Content.PageDigestChunks);
    }

    [Fact]
    public async Task Delta_OnePercentChanged_StoresLittleMore()
    {
        byte[] file = RandomFile(1, 8000 * PageBytes);
        PageDeltaResult first = await DeltaAsync(file, null);
        _data.Added = _metadata.Added = 0;
        for (int page = 50; page < 8000; page += 100)
        {
            file[page * PageBytes]++;
        }

        PageDeltaResult second = await DeltaAsync(file, first);

        Assert.Equal(80, second.FreshPages);
        Assert.Equal(80 * PageBytes, _data.Added);
        Assert.InRange(_metadata.Added, 1, 20_000);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_LongChain_KeepsDigestChunksFew()
    {
        byte[] file = RandomFile(2, 2000 * PageBytes);
        PageDeltaResult last = await DeltaAsync(file, null);
        for (int round = 0; round < 60; round++)
        {
            file[round * PageBytes]++;
            last = await DeltaAsync(file, last);
            Assert.Equal(1, last.FreshPages);
            Assert.InRange(last.Content.PageDigestChunks.Count, 1, 17);
        }

        Assert.Equal(file, await RebuildAsync(last));
    }

    [Fact]
    public async Task Delta_OverSeveralSegments_KeepsDigestsInPlace()
    {
        // 512-byte pages reach the second segment with 17 MiB instead of 129.
        const int small = 512;
        byte[] file = RandomFile(3, ((2 * PageDigestSegment.PagesMax) + 100) * small);
        PageDeltaResult first = await DeltaAsync(file, null, pageBytes: small);
        file[(PageDigestSegment.PagesMax + 7) * small]++;
        file[^1]++;

        PageDeltaResult second = await DeltaAsync(file, first, pageBytes: small);
        PageDeltaResult third = await DeltaAsync(file[..(PageDigestSegment.PagesMax * small)], second, pageBytes: small);

        Assert.Equal(3, first.Content.PageDigestChunks.Count);
        Assert.Equal(2, second.FreshPages);
        Assert.Equal(0, third.FreshPages);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_PagesOfZeros_BecomeHoles()
    {
        byte[] file = RandomFile(1, 100 * PageBytes);
        PageDeltaResult first = await DeltaAsync(file, null);
        file.AsSpan(10 * PageBytes, 50 * PageBytes).Clear();

        PageDeltaResult second = await DeltaAsync(file, first);

        Assert.Equal(50, second.ZeroPages);
        Assert.Equal(0, second.FreshPages);
        Assert.Equal(2, second.Content.Inline.Count);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_ParentChunkMayNotBeReferenced_SendsItsPages()
    {
        byte[] file = RandomFile(1, 600 * PageBytes);
        PageDeltaResult first = await DeltaAsync(file, null);
        ChunkId forbidden = first.Content.Inline[1].Chunk;
        PageParent parent = new(first.Content, first.Size, _metadata, id => id != forbidden);
        await using PageDelta delta = new(PageBytes, parent, _data, _metadata, default);

        await delta.AddAsync(file, default);
        PageDeltaResult second = await delta.FinishAsync(default);

        Assert.Equal(first.Content.Inline[1].Length / PageBytes, second.FreshPages);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_ParentWithMissingExtents_SendsThePages()
    {
        byte[] file = RandomFile(1, 600 * PageBytes);
        PageDeltaResult first = await DeltaAsync(file, null);
        FileContent forged = first.Content with { Inline = [first.Content.Inline[0] with { Length = PageBytes + 100 }] };

        PageDeltaResult second = await DeltaAsync(file, first with { Content = forged });

        Assert.Equal(599, second.FreshPages);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_ParentWithOtherPages_IsNotUsed()
    {
        byte[] file = RandomFile(1, 100 * PageBytes);
        PageDeltaResult first = await DeltaAsync(file, null, pageBytes: 8192);

        PageDeltaResult second = await DeltaAsync(file, first);

        Assert.Equal(100, second.FreshPages);
        Assert.Equal(file, await RebuildAsync(second));
    }

    [Fact]
    public async Task Delta_BytesAfterAShortPage_AreRefused()
    {
        await using PageDelta delta = new(PageBytes, null, _data, _metadata, default);
        await delta.AddAsync(new byte[100], default);
        await Assert.ThrowsAsync<ArgumentException>(async () => await delta.AddAsync(new byte[100], default));
    }

    [Fact]
    public async Task Delta_DamagedDigests_AreTypedErrorsOrCostSpaceOnly()
    {
        byte[] file = RandomFile(1, 300 * PageBytes);
        PageDeltaResult parent = await DeltaAsync(file, null);
        file[0]++;
        parent = await DeltaAsync(file, parent);
        Random random = new(5);
        int refused = 0;
        for (int round = 0; round < 400; round++)
        {
            ChunkId id = parent.Content.PageDigestChunks[round % 2];
            byte[] original = _metadata.Chunks[id];
            byte[] damaged = round % 4 < 2 ? [.. original] : original[..random.Next(original.Length)];
            damaged.AsSpan(0, Math.Min(damaged.Length, 12)).Fill((byte)random.Next(256));
            _metadata.Chunks[id] = round % 8 == 0 ? Flipped(original, random) : damaged;
            try
            {
                Assert.Equal(file, await RebuildAsync(await DeltaAsync(file, parent)));
            }
            catch (CorruptTreeException)
            {
                refused++;
            }

            _metadata.Chunks[id] = original;
        }

        Assert.True(refused > 200, $"Only {refused} damaged digest chunks were refused.");
    }

    private async Task<PageDeltaResult> DeltaAsync(byte[] file, PageDeltaResult? last, int pagesPerCall = 256, int pageBytes = PageBytes)
    {
        PageParent? parent = last is null ? null : new PageParent(last.Content, last.Size, _metadata, _data.Chunks.ContainsKey);
        await using PageDelta delta = new(pageBytes, parent, _data, _metadata, default);
        for (int start = 0; start < file.Length; start += pagesPerCall * pageBytes)
        {
            await delta.AddAsync(file.AsMemory(start, Math.Min(pagesPerCall * pageBytes, file.Length - start)), default);
        }

        return await delta.FinishAsync(default);
    }

    private async Task<byte[]> RebuildAsync(PageDeltaResult result)
    {
        byte[] file = new byte[result.Size];
        await foreach (Extent extent in new FileContentReader(_metadata).ExtentsAsync(result.Content, result.Size, default))
        {
            _data.Chunks[extent.Chunk].AsSpan(extent.ChunkOffset, extent.Length).CopyTo(file.AsSpan((int)extent.FileOffset));
        }

        return file;
    }

    private static byte[] Edited(byte[] file, Random random)
    {
        byte[] edited = random.Next(4) switch
        {
            0 => [.. file, .. RandomFile(random.Next(), random.Next(3 * PageBytes))],
            1 => file[..Math.Max(0, file.Length - random.Next(3 * PageBytes))],
            _ => [.. file],
        };
        for (int i = random.Next(60); i > 0; i--)
        {
            int start = random.Next(edited.Length);
            int length = Math.Min(edited.Length - start, random.Next(1, 2 * PageBytes));
            Span<byte> part = edited.AsSpan(start, length);
            if (random.Next(3) == 0)
            {
                part.Clear();
            }
            else
            {
                random.NextBytes(part);
            }
        }

        return edited;
    }

    private static byte[] Flipped(byte[] bytes, Random random)
    {
        byte[] flipped = [.. bytes];
        flipped[random.Next(flipped.Length)] ^= (byte)random.Next(1, 256);
        return flipped;
    }

    private static byte[] RandomFile(int seed, int length)
    {
        byte[] file = new byte[length];
        new Random(seed).NextBytes(file);
        return file;
    }
}
