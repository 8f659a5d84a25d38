using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

/// <summary>What bounds the writer: packs ahead of their index, segments, who waits when it ends.</summary>
public sealed class PackPipelineTests
{
    private static readonly RepositoryWriterOptions s_small = new()
    {
        PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin,
        PacksInFlightMax = 2,
        PacksPerSegment = 2,
    };

    [Fact]
    public async Task Add_IndexSegmentStuck_PacksDoNotRunAhead()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        TaskCompletionSource release = new();
        HookedStore stuck = new(inner, _ => { }, name => name.StartsWith("index/", StringComparison.Ordinal) ? release.Task : Task.CompletedTask);
        await using RepositoryWriter writer = await repository.OpenWriterAsync(stuck, s_small);
        using CancellationTokenSource stop = new();
        Task adding = AddAsync(writer, 60, stop.Token);

        // Two packs in the segment that is stuck, two more that make the next one due, and the ones that are being uploaded or filled.
        long begin = TimeProvider.System.GetTimestamp();
        while ((await inner.NamesAsync("packs/")).Count < 2)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromMinutes(1));
            await Task.WhenAny(adding, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
        }

        // Time enough to run ahead, for one that would.
        await Task.WhenAny(adding, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        Assert.False(adding.IsCompleted);
        Assert.InRange((await inner.NamesAsync("packs/")).Count, 2, 6);

        release.SetResult();
        await adding;
        await writer.FlushAsync(default);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Dispose_WhileOthersWait_EndsThemAll()
    {
        InMemoryObjectStore inner = new();
        using TestRepository repository = await TestRepository.CreateAsync(inner);
        FaultyObjectStore stuck = new(
            inner,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.Delay, Operations = StoreOperations.Put, NamePrefix = "packs/", Delay = TimeSpan.FromDays(1) });
        RepositoryWriter writer = await repository.OpenWriterAsync(stuck, s_small);
        Task[] callers = [.. Enumerable.Range(0, 4).Select(i => Task.Run(() => AddAsync(writer, 20, default, i)))];
        await Task.WhenAny(Task.WhenAll(callers), Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));

        await writer.DisposeAsync();
        await writer.DisposeAsync();

        foreach (Task caller in callers)
        {
            await Assert.ThrowsAsync<WriterFailedException>(() => caller.WaitAsync(TimeSpan.FromMinutes(1)));
        }
    }

    [Fact]
    public void Batches_OfDirectoriesTooLongForOneSegment_AreCut()
    {
        PackDirectory[] packs = [.. Enumerable.Range(1, 7).Select(i => DirectoryOf(i * 100))];
        int limit = IndexSegmentCodec.EncodedBytes(packs[5]) + IndexSegmentCodec.EncodedBytes(packs[0]);

        List<PackDirectory[]> batches = [.. IndexSegments.Batches(packs, p => p, limit)];

        Assert.Equal(packs, batches.SelectMany(b => b));
        Assert.All(batches, b => Assert.True(b.Length == 1 || b.Sum(IndexSegmentCodec.EncodedBytes) <= limit));
        Assert.True(batches.Count is > 2 and < 7);
        Assert.Empty(IndexSegments.Batches(Array.Empty<PackDirectory>(), p => p));
    }

    private static PackDirectory DirectoryOf(int chunks) => new()
    {
        Header = ObjectHeader.Create(ObjectType.Pack, 1, ObjectId.Create()),
        PackBytes = 1 << 20,
        Frames = [new PackFrame(64, 1000, 1000, FrameEncoding.Zstd, 0, chunks)],
        Chunks = [.. Enumerable.Range(0, chunks).Select(i => new PackChunk(new StoreChunkId((UInt128)i, 1), 10))],
    };

    private static async Task AddAsync(RepositoryWriter writer, int count, CancellationToken cancellationToken, int seed = 0)
    {
        Random random = new(seed);
        for (int i = 0; i < count; i++)
        {
            byte[] chunk = new byte[40_000];
            random.NextBytes(chunk);
            await writer.AddFrameAsync(TestBackup.FrameOf(false, chunk), cancellationToken);
        }
    }
}
