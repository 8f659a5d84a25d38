using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Tests.Pruning;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Snapshots;

public sealed class DrillStoreTests
{
    private static readonly IReadOnlyDictionary<string, byte[]> s_files = TestBackup.Files(211, count: 4, bytesMax: 6_000);

    [Fact]
    public async Task Record_ReadsBack_AndTheNewestOfASnapshotCounts()
    {
        ManualTimeProvider clock = new();
        using TestRepository repository = await TestRepository.CreateAsync(clock: clock);
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, s_files, clock: clock);
        DrillRecord first = SampleDrill.Of(snapshot, point, clock, DrillVerdict.Failed);
        await writer.RecordDrillAsync(first, default);
        clock.Advance(TimeSpan.FromDays(7));
        DrillRecord second = SampleDrill.Of(snapshot, point, clock);
        await writer.RecordDrillAsync(second, default);

        using OpenRepository open = await repository.OpenAsync();
        List<DrillEntry> all = await open.Catalog.DrillsAsync(snapshot.Id, default).ToListAsync();
        DrillEntry newest = Assert.Single(await open.Catalog.NewestDrillsAsync(default)).Value;

        Assert.Equal([first, second], all.Select(e => e.Record));
        Assert.Equal(second, newest.Record);
        Assert.True(newest.Passed);
        Assert.False(all[0].Passed);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Record_DamagedOne_ProvesNothing()
    {
        InMemoryObjectStore store = new();
        using TestRepository repository = await TestRepository.CreateAsync(store);
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, s_files);
        await writer.RecordDrillAsync(SampleDrill.Of(snapshot, point, TimeProvider.System), default);
        string name = Assert.Single(await store.NamesAsync("drills/"));
        byte[] content = await store.GetAsync(name, int.MaxValue, default);
        content[^1] ^= 1;
        await store.DeleteAsync(name, default);
        await store.PutIfAbsentAsync(name, content, default);

        using OpenRepository open = await repository.OpenAsync();
        DrillEntry newest = (await open.Catalog.NewestDrillsAsync(default))[snapshot.Id];

        Assert.Null(newest.Record);
        Assert.False(newest.Passed);
    }

    [Fact]
    public async Task Record_OfNoSnapshot_IsRefused()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(writer, s_files);
        DrillRecord other = SampleDrill.Of(snapshot, point, TimeProvider.System) with { Snapshot = SnapshotId.Create(TimeProvider.System) };

        await Assert.ThrowsAsync<ManifestRejectedException>(() => writer.RecordDrillAsync(other, default));
    }

    [Fact]
    public async Task Record_ByAWriterThatWasReplaced_IsRefused()
    {
        using TestRepository repository = await TestRepository.CreateAsync();
        await using RepositoryWriter former = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(former, s_files);
        await using RepositoryWriter next = await repository.OpenWriterAsync();

        await Assert.ThrowsAsync<WriterFencedException>(
            () => former.RecordDrillAsync(SampleDrill.Of(snapshot, point, TimeProvider.System), default));
    }

    [Fact]
    public async Task Prune_PointGoes_ItsDrillsGoAndOthersStay()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest gone = await DrilledAsync(world, keep: false);
        RestorePointManifest kept = await DrilledAsync(world, keep: true);

        await world.PlanAsync(gone.Id);
        Assert.Equal(2, (await world.NamesAsync("drills/")).Count);
        await world.PruneAsync(gone.Id);

        string left = Assert.Single(await world.NamesAsync("drills/"));
        Assert.Contains(kept.Sources[0].Snapshot!.Value.ToString(), left, StringComparison.Ordinal);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Copy_TakesDrillsAlong_AndLetsThemGo()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest gone = await DrilledAsync(world, keep: false);
        await DrilledAsync(world, keep: true);
        InMemoryObjectStore copy = new();
        await RepositoryCopier.RunAsync(world.Store, copy, world.Repository.Keys, new CopyOptions(), null, default);
        Assert.Equal(await world.NamesAsync("drills/"), await copy.NamesAsync("drills/"));

        await world.PruneAsync(gone.Id);
        await RepositoryCopier.RunAsync(world.Store, copy, world.Repository.Keys, new CopyOptions { Prune = true }, null, default);

        Assert.Equal(await world.NamesAsync("drills/"), await copy.NamesAsync("drills/"));
        await RepositoryCheck.AssertSoundAsync(copy, world.Repository.Keys);
    }

    private static async Task<RestorePointManifest> DrilledAsync(PruneWorld world, bool keep)
    {
        RestorePointManifest point = await world.BackUpAsync(TestBackup.Files(keep ? 212 : 213, count: 3, bytesMax: 5_000), keep);
        SnapshotManifest snapshot = (await world.Writer.Repository.Catalog.GetSnapshotAsync(point.Sources[0].Snapshot!.Value, default))!;
        await world.Writer.RecordDrillAsync(SampleDrill.Of(snapshot, point, world.Clock), default);
        return point;
    }
}
