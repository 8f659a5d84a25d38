using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Writing;

public sealed class ChunkListBuilderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public async Task Finish_IdsInAnyOrderWithRepeats_AreSortedAndUnique(int count)
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        ChunkId[] ids = Ids(9, count);
        using ChunkListBuilder builder = new();
        builder.Add(ids);
        foreach (ChunkId id in ids.Reverse().Take(70_000))
        {
            builder.Add(id);
        }

        ChunkList list = await builder.FinishAsync(writer, default);
        await writer.FlushAsync(default);

        Assert.Equal(ids.Distinct().LongCount(), list.Count);
        SnapshotManifest manifest = Manifest(list);
        Assert.Equal(ids.Distinct().Order(), await ChunkListReader.ReadAsync(new ChunkReader(writer.Repository), manifest, default).ToListAsync());
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Finish_FewIdsChanged_SharesAlmostAllListChunks()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        ChunkId[] ids = Ids(10, 100_000);
        using ChunkListBuilder before = new();
        before.Add(ids);
        using ChunkListBuilder after = new();
        after.Add(ids.AsSpan(3));
        after.Add(Ids(11, 3));

        ChunkList first = await before.FinishAsync(writer, default);
        ChunkList second = await after.FinishAsync(writer, default);

        Assert.InRange(first.Chunks.Count, 50, 200);
        Assert.InRange(second.Chunks.Except(first.Chunks).Count(), 1, 8);
        await writer.FlushAsync(default);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Read_ListOutOfOrder_IsInconsistent()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        ChunkId[] ids = [.. Ids(12, 2).Order()];
        byte[][] lists = [[.. ids[1].ToArray(), .. ids[0].ToArray()], [.. ids[0].ToArray(), .. ids[0].ToArray()], new byte[33]];
        foreach (byte[] list in lists)
        {
            ChunkId chunk = await writer.AddAsync(list, default);
            await writer.FlushAsync(default);
            RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(
                async () => await ChunkListReader.ReadAsync(
                    new ChunkReader(writer.Repository), Manifest(new ChunkList([chunk], 2)), default).ToListAsync());
            Assert.Equal(RepositoryDamage.Inconsistent, error.Damage);
        }
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    private static SnapshotManifest Manifest(ChunkList list) => new()
    {
        Id = SnapshotId.Create(TimeProvider.System),
        Cluster = "c",
        Source = TestBackup.Source,
        Run = RunId.Create(TimeProvider.System),
        Plan = "p",
        StartedAt = DateTimeOffset.UnixEpoch,
        FinishedAt = DateTimeOffset.UnixEpoch,
        Root = default,
        ChunkList = list.Chunks,
        Chunks = list.Count,
        Counts = SnapshotCounts.Zero,
        Outcome = SnapshotOutcome.Completed,
    };

    private static ChunkId[] Ids(int seed, int count)
    {
        Random random = new(seed);
        byte[] bytes = new byte[32];
        ChunkId[] ids = new ChunkId[count];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(bytes);
            ids[i] = new ChunkId(bytes);
        }

        return ids;
    }
}
