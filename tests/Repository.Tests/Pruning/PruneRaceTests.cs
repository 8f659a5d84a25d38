using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Pruning;

/// <summary>Prunes beside uploads that reuse old chunks, and beside other writers.</summary>
public sealed class PruneRaceTests
{
    private const int StepsMax = 400;

    [Fact]
    public async Task Upload_ThatReusesChunksCondemnedMeanwhile_HoldsTheTombstoneAndRescuesThePacks()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(2);
        RestorePointManifest old = await world.BackUpAsync(files, keep: false);

        using WriterSession session = world.Writer.BeginUpload();
        SnapshotManifest snapshot = await TestBackup.UploadAsync(world.Writer, files, TestBackup.Source, world.Clock);
        PruneReport condemned = await world.PruneAsync(old.Id);
        Assert.NotEqual(0, condemned.Condemned.Packs);

        world.Clock.Advance(PruneWorld.PastGrace);
        PruneReport waiting = await world.PruneAsync();
        Assert.Contains(waiting.Obstacles, o => o.Kind == PruneObstacleKind.Upload);
        Assert.Equal(0, waiting.Deleted.Packs);
        await world.Writer.CommitSnapshotAsync(snapshot, session, default);
        world.Keep(snapshot, files);
        await world.AssertSoundAsync();
        session.Dispose();
        await world.Writer.CommitRestorePointAsync(TestBackup.RestorePointOf(snapshot, world.Clock), default);

        // The store may list the manifest late, so that the tombstone waits a little longer.
        Assert.Contains((await world.PruneAsync()).Obstacles, o => o.Kind == PruneObstacleKind.Upload);
        world.Clock.Advance(TimeSpan.FromHours(2));
        PruneReport rescued = await world.PruneAsync();
        Assert.Equal(condemned.Condemned, rescued.Rescued);
        Assert.Equal(0, rescued.Deleted.Packs);
        Assert.Empty(await world.NamesAsync("tombstones/"));
        await world.AssertSoundAsync();

        // Rescued packs are as good as any: what is in them is not stored again.
        long bytes = await world.BytesAsync();
        await world.BackUpAsync(files);
        Assert.InRange(await world.BytesAsync() - bytes, 0, 64 << 10);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_SegmentOfTheWriterBeforeWasListedLate_IsRead()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        FaultyObjectStore faulty = new(world.Store, world.Clock);
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(1), keep: false);
        HashSet<string> before = [.. await world.NamesAsync("index/")];
        await world.BackUpAsync(TestBackup.Files(2));
        faulty.Unlisted.UnionWith((await world.NamesAsync("index/")).Except(before));
        world.Through = faulty;
        await world.ReopenAsync();
        faulty.Unlisted.Clear();

        PruneReport report = await world.PruneAsync(old.Id);

        Assert.Empty(report.Obstacles);
        Assert.NotEqual(0, report.Condemned.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Upload_ThatIsGivenUp_LetsTheTombstoneGo()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        WriterSession session = world.Writer.BeginUpload();
        PruneReport condemned = await world.PruneAsync(old.Id);
        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.Equal(0, (await world.PruneAsync()).Deleted.Packs);

        session.Dispose();
        world.Clock.Advance(TimeSpan.FromHours(2));

        Assert.Equal(condemned.Condemned, (await world.PruneAsync()).Deleted);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Upload_AfterTheTombstone_StoresItsChunksAgain()
    {
        foreach (bool restart in new[] { false, true })
        {
            await using PruneWorld world = await PruneWorld.CreateAsync();
            await world.BackUpAsync(TestBackup.Files(1));
            IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(2);
            RestorePointManifest old = await world.BackUpAsync(files, keep: false);
            PruneReport condemned = await world.PruneAsync(old.Id);
            if (restart)
            {
                await world.ReopenAsync();
            }

            long bytes = await world.BytesAsync();
            await world.BackUpAsync(files);
            Assert.InRange(await world.BytesAsync() - bytes, condemned.Condemned.Bytes / 2, long.MaxValue);
            await world.AssertSoundAsync();

            // The copy that is not condemned counts, whichever the index lists first.
            await world.ReopenAsync();
            world.Clock.Advance(PruneWorld.PastGrace);
            PruneReport done = await world.PruneAsync();
            Assert.Equal(condemned.Condemned, done.Deleted);
            Assert.Equal(0, done.Rescued.Packs);
            await world.AssertSoundAsync();
            await world.ReopenAsync();
            await world.AssertSoundAsync();
        }
    }

    [Fact]
    public async Task Commit_WithoutASessionOfChunksCondemnedMeanwhile_IsRefusedAndNothingIsLost()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(2);
        RestorePointManifest old = await world.BackUpAsync(files, keep: false);
        SnapshotManifest snapshot = await TestBackup.UploadAsync(world.Writer, files, TestBackup.Source, world.Clock);
        await world.PruneAsync(old.Id);

        await Assert.ThrowsAsync<ManifestRejectedException>(() => world.Writer.CommitSnapshotAsync(snapshot, default));

        await world.BackUpAsync(files);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Upload_ThatGoesOnForDays_KeepsWhatItStored()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(2);
        using WriterSession session = world.Writer.BeginUpload();
        SnapshotManifest snapshot = await TestBackup.UploadAsync(world.Writer, files, TestBackup.Source, world.Clock);
        await world.Writer.FlushAsync(default);
        for (int day = 0; day < 5; day++)
        {
            world.Clock.Advance(TimeSpan.FromDays(1));
            Assert.Equal(0, (await world.PruneAsync()).Condemned.Packs);
        }

        await world.Writer.CommitSnapshotAsync(snapshot, session, default);
        world.Keep(snapshot, files);
        await world.Writer.CommitRestorePointAsync(TestBackup.RestorePointOf(snapshot, world.Clock), default);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Snapshot_AnUploadHolds_IsNotDeletedUnderIt()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        SnapshotId parent = old.Sources[0].Snapshot!.Value;
        using (WriterSession session = world.Writer.BeginUpload())
        {
            Assert.True(session.TryHold(parent));
            PruneReport report = await world.PruneAsync(old.Id);
            Assert.Equal((1, 0, 0), (report.RestorePoints.Count, report.Snapshots.Count, (int)report.Condemned.Packs));
            Assert.NotNull(await world.Writer.Repository.Catalog.GetSnapshotAsync(parent, default));
        }

        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.Equal([parent], (await world.PruneAsync()).Snapshots);
        using WriterSession late = world.Writer.BeginUpload();
        Assert.False(late.TryHold(parent));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ByAWriterThatWasReplaced_ChangesNothing()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        await using RepositoryWriter newer = await world.Repository.OpenWriterAsync();
        List<string> before = await world.NamesAsync("");

        await Assert.ThrowsAsync<WriterFencedException>(() => world.PruneAsync(old.Id));

        Assert.Equal(before, await world.NamesAsync(""));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ReplacedAtAnyStep_TheNewWriterGoesOnAndNothingIsLost()
    {
        for (int step = 0; step < StepsMax; step++)
        {
            await using PruneWorld world = await PruneWorld.CreateAsync();
            await PruneCrashTests.PrepareAsync(world);
            RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
            RepositoryWriter? newer = null;
            bool armed = false;
            int calls = 0;
            world.Through = new CallbackStore(world.Store, async () =>
            {
                if (armed && calls++ == step)
                {
                    newer = await world.Repository.OpenWriterAsync();

                    // Later than any check that was made before.
                    world.Clock.Advance(TimeSpan.FromSeconds(11));
                }
            });
            await world.ReopenAsync();
            world.Clock.Advance(TimeSpan.FromHours(2));
            armed = true;
            Exception? ended = await Record.ExceptionAsync(() => world.PruneAsync(old.Id));
            Assert.True(ended is null or WriterFencedException, ended?.ToString());

            await world.AssertSoundAsync();
            if (newer is null)
            {
                Assert.InRange(step, 25, StepsMax);
                return;
            }

            await using RepositoryWriter next = newer;
            RepositoryPruner pruner = new(next, world.Options, world.Clock);
            PruneRequest request = new() { Expired = [old.Id] };
            for (int i = 0; i < 3; i++)
            {
                world.Clock.Advance(PruneWorld.PastGrace);
                await pruner.RunAsync(request, null, default);
                await world.AssertSoundAsync();
            }

            Assert.Empty(await world.NamesAsync("tombstones/"));
            Assert.Equal(0, (await pruner.PlanAsync(request, null, default)).Condemned.Packs);
        }

        Assert.Fail("The prune makes more calls than were tried.");
    }

    [Fact]
    public async Task Tombstone_OfTheWriterBeforeThatArrivesLate_CountsFromWhenItIsFound()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(2);
        RestorePointManifest old = await world.BackUpAsync(files, keep: false);
        await world.PruneAsync(old.Id);
        string name = (await world.NamesAsync("tombstones/")).Single();
        byte[] late = await world.Store.GetAsync(name, int.MaxValue, default);
        await world.Store.DeleteAsync(name, default);
        await world.ReopenAsync();

        // The new writer does not know it, and refers to what it condemns.
        using WriterSession session = world.Writer.BeginUpload();
        SnapshotManifest snapshot = await TestBackup.UploadAsync(world.Writer, files, TestBackup.Source, world.Clock);
        await world.Store.PutIfAbsentAsync(name, late, default);
        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.Equal(0, (await world.PruneAsync()).Deleted.Packs);
        await world.Writer.CommitSnapshotAsync(snapshot, session, default);
        world.Keep(snapshot, files);
        session.Dispose();
        await world.Writer.CommitRestorePointAsync(TestBackup.RestorePointOf(snapshot, world.Clock), default);

        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.NotEqual(0, (await world.PruneAsync()).Rescued.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prunes_TwoAtOnce_TheSecondIsToldSo()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        await world.Writer.PruneGate.WaitAsync();
        await Assert.ThrowsAsync<PruneBusyException>(() => world.PruneAsync());
        world.Writer.PruneGate.Release();
        await world.PruneAsync();
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_LockedPacks_StayAndAreTriedAgainOnceEachTime()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        FaultyObjectStore locking = new(world.Store, world.Clock);
        world.Through = locking;
        await world.ReopenAsync();
        PruneReport condemned = await world.PruneAsync(old.Id);
        world.Clock.Advance(PruneWorld.PastGrace);
        locking.Add(new FaultRule
        {
            Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Delete, NamePrefix = "packs/", Error = ObjectStoreError.PermissionDenied,
        });

        for (int i = 0; i < 3; i++)
        {
            long writes = locking.Writes;
            PruneReport report = await world.PruneAsync();
            Assert.Equal((0, condemned.Condemned.Packs), (report.Deleted.Packs, report.Locked.Packs));
            Assert.Contains(report.Obstacles, o => o.Kind == PruneObstacleKind.Locked);
            Assert.InRange(locking.Writes - writes, 1, condemned.Condemned.Packs + 10);
            await world.AssertSoundAsync();
            await world.ReopenAsync();
            world.Clock.Advance(TimeSpan.FromHours(2));
        }

        locking.ClearRules();
        Assert.Equal(condemned.Condemned, (await world.PruneAsync()).Deleted);
        Assert.Empty(await world.NamesAsync("tombstones/"));
        await world.AssertSoundAsync();
    }
}
