using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Pruning;

public sealed class PruneTests
{
    [Fact]
    public async Task Prune_ExpiredPoint_ItsSpaceComesBackAfterTheGraceAndNothingElseGoes()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        long before = await world.BytesAsync();
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        long added = await world.BytesAsync() - before;

        PruneReport first = await world.PruneAsync(old.Id);

        Assert.Empty(first.Obstacles);
        Assert.Equal([old.Id], first.RestorePoints);
        Assert.Single(first.Snapshots);
        Assert.Equal(0, first.Deleted.Packs);
        Assert.Equal(before + added, await world.BytesAsync());
        Assert.Equal(added, first.Waiting.Bytes);
        Assert.All(first.Decisions, d => Assert.Equal(PackReason.Unreferenced, d.Reason));
        await world.AssertSoundAsync();

        world.Clock.Advance(PruneWorld.PastGrace);
        PruneReport second = await world.PruneAsync();

        Assert.Equal(added, second.Deleted.Bytes);
        Assert.Equal(before, await world.BytesAsync());
        Assert.Equal(0, second.Waiting.Packs);
        Assert.Empty(await world.NamesAsync("tombstones/"));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_BeforeTheGraceIsOver_DeletesNoPack()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        await world.PruneAsync(old.Id);
        long bytes = await world.BytesAsync();

        for (int day = 0; day < 2; day++)
        {
            world.Clock.Advance(TimeSpan.FromHours(24));
            await world.ReopenAsync();
            Assert.Equal(0, (await world.PruneAsync()).Deleted.Packs);
        }

        Assert.Equal(bytes, await world.BytesAsync());
        Assert.Single(await world.NamesAsync("tombstones/"));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Plan_ShowsWhatAPruneDoes_AndChangesNothing()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        Dictionary<string, string> before = await ContentAsync(world.Store);

        PruneReport plan = await world.PlanAsync(old.Id);

        Assert.Equal(before, await ContentAsync(world.Store));
        PruneReport done = await world.PruneAsync(old.Id);
        Assert.True(plan.IsPlan);
        Assert.Equal(
            (done.RestorePoints.Single(), done.Snapshots.Single(), done.Condemned, done.Waiting, done.Total),
            (plan.RestorePoints.Single(), plan.Snapshots.Single(), plan.Condemned, plan.Waiting, plan.Total));
        world.Clock.Advance(PruneWorld.PastGrace);
        before = await ContentAsync(world.Store);
        PackTally planned = (await world.PlanAsync()).Deleted;
        Assert.Equal(before, await ContentAsync(world.Store));
        Assert.Equal(planned, (await world.PruneAsync()).Deleted);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_MoreToCopyThanOnePruneMay_CopiesTheSparsestAndLeavesTheRestForTheNext()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        List<RestorePointManifest> old = [];
        for (int seed = 1; seed <= 4; seed++)
        {
            Dictionary<string, byte[]> all = new(TestBackup.Files(seed, count: 12, bytesMax: 12_000));
            old.Add(await world.BackUpAsync(all, keep: false));
            await world.BackUpAsync(all.Take(1 + seed).ToDictionary());
        }

        RestorePointId[] expired = [.. old.Select(p => p.Id)];
        PruneReport whole = await world.PlanAsync(expired);
        Assert.InRange(whole.Repacked.Packs, 3, 100);
        world.Options = world.Options with { RepackBytesMax = 0 };
        Assert.Equal(0, (await world.PlanAsync(expired)).Repacked.Packs);
        world.Options = world.Options with { RepackBytesMax = whole.Written.Bytes / 2 };

        PruneReport report = await world.PruneAsync(expired);

        PackDecision[] sparse = [.. report.Decisions.Where(d => d.Reason == PackReason.Sparse)];
        Assert.Equal(report.Repacked.Packs, sparse.Length);
        Assert.InRange(sparse.Length, 1, whole.Repacked.Packs - 1);
        Assert.Equal(whole.Decisions.Where(d => d.Reason == PackReason.Sparse).Min(d => d.LivePercent), sparse.Min(d => d.LivePercent));
        Assert.NotEqual(0, (await world.PruneAsync()).Repacked.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ToldWhoWatches_SaysHowFarItIs()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        Steps steps = new();

        await new RepositoryPruner(world.Writer, world.Options, world.Clock).RunAsync(new PruneRequest { Expired = [old.Id] }, steps, default);

        Assert.Superset(new HashSet<string> { "marking" }, steps.Said.Select(s => s.Phase).ToHashSet());
        Assert.All(steps.Said.GroupBy(s => s.Phase), phase => Assert.Equal(phase.Select(s => s.Done).Order(), phase.Select(s => s.Done)));
        Assert.All(steps.Said.Where(s => s.Total > 0), s => Assert.InRange(s.Done, 0, s.Total));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_SparsePack_IsCopiedAndTheCopyIsReadAfterwards()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        Dictionary<string, byte[]> all = new(TestBackup.Files(3, count: 12, bytesMax: 12_000));
        Dictionary<string, byte[]> part = all.Take(3).ToDictionary();
        RestorePointManifest old = await world.BackUpAsync(all, keep: false);
        await world.BackUpAsync(part);
        using OpenRepository reader = await world.Repository.OpenAsync();

        PruneReport first = await world.PruneAsync(old.Id);

        Assert.InRange(first.Repacked.Packs, 1, 100);
        Assert.InRange(first.Written.Bytes, 1, first.Repacked.Bytes - 1);
        Assert.Contains(first.Decisions, d => d.Reason == PackReason.Sparse && d.LivePercent is > 0 and < 70);
        await world.AssertSoundAsync();
        world.Clock.Advance(PruneWorld.PastGrace);
        PruneReport second = await world.PruneAsync();
        Assert.Equal(first.Condemned, second.Deleted);
        Assert.Equal(0, second.Condemned.Packs);
        await world.AssertSoundAsync();

        // Opened before everything moved: it finds the new places by itself.
        SnapshotManifest snapshot = (await reader.Catalog.SnapshotsAsync(TestBackup.Source, default).FirstAsync()).Manifest!;
        await TestBackup.AssertRestoresAsync(reader, snapshot, part);
        await world.ReopenAsync();
        Assert.Equal(0, (await world.PruneAsync()).Condemned.Packs);
    }

    [Fact]
    public async Task ReadPlan_MadeBeforeAPruneMovedTheChunks_ReadsThemAll()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        Dictionary<string, byte[]> all = new(TestBackup.Files(3, count: 12, bytesMax: 12_000));
        RestorePointManifest old = await world.BackUpAsync(all, keep: false);
        await world.BackUpAsync(all.Take(3).ToDictionary());
        using OpenRepository reader = await world.Repository.OpenAsync();
        List<Model.Ids.ChunkId> wanted = [.. all.Take(3).SelectMany(f => f.Value.Chunk(10_000)).Select(c => Model.Ids.ChunkId.Of(c))];
        ReadPlan plan = ReadPlan.Create(reader, wanted);
        await world.PruneAsync(old.Id);
        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.NotEqual(0, (await world.PruneAsync()).Deleted.Packs);

        int read = 0;
        await foreach (PlannedChunk chunk in plan.ReadAsync(default))
        {
            Assert.Null(chunk.Damage);
            Assert.Equal(chunk.Id, Model.Ids.ChunkId.Of(chunk.Plaintext.Span));
            read++;
        }

        Assert.Equal(wanted.Distinct().Count(), read);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_SourceInTooManyPacks_IsBroughtTogether()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        world.Options = world.Options with { PacksPerSnapshotMin = 4, PacksPerIdealMax = 2 };
        Dictionary<string, byte[]> files = [];
        for (int i = 0; i < 20; i++)
        {
            files[$"dir-0/file-{i:d4}"] = TestBackup.Files(100 + i, count: 1, bytesMax: 3000).Values.Single();
            await world.BackUpAsync(new Dictionary<string, byte[]>(files));
        }

        // With a threshold of 0 nothing is copied, for example because the store is full.
        world.Options = world.Options with { RepackThresholdPercent = 0 };
        Assert.Equal(0, (await world.PlanAsync()).Repacked.Packs);
        world.Options = world.Options with { RepackThresholdPercent = 70 };
        PruneReport report = await world.PruneAsync();

        Assert.Contains(report.Decisions, d => d.Reason == PackReason.Scattered);
        Assert.Equal(report.Repacked, report.Reasons[PackReason.Scattered]);
        Assert.InRange(report.Repacked.Packs, 10, 20);
        await world.AssertSoundAsync();
        world.Clock.Advance(PruneWorld.PastGrace);
        await world.PruneAsync();
        await world.AssertSoundAsync();
        Assert.InRange((await world.NamesAsync("packs/")).Count, 1, 10);
        Assert.DoesNotContain((await world.PruneAsync()).Decisions, d => d.Reason == PackReason.Scattered);
    }

    [Fact]
    public async Task Prune_PackNobodyLists_IsDeletedAfterTheGraceAsWell()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        FaultyObjectStore failing = new(
            world.Store, world.Clock, new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Put, NamePrefix = "index/" });
        await using (RepositoryWriter crashing = await world.Repository.OpenWriterAsync(failing))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => TestBackup.BackUpAsync(crashing, TestBackup.Files(9), clock: world.Clock));
        }

        await world.ReopenAsync();
        Assert.NotEqual(0, (await RepositoryCheck.AssertSoundAsync(world.Repository)).OrphanCount);

        PruneReport report = await world.PruneAsync();
        Assert.All(report.Decisions, d => Assert.Equal(PackReason.Orphaned, d.Reason));
        Assert.NotEqual(0, report.Condemned.Packs);
        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.Equal(report.Condemned, (await world.PruneAsync()).Deleted);
        await world.AssertSoundAsync();
        Assert.Equal(0, (await RepositoryCheck.AssertSoundAsync(world.Repository)).OrphanCount);
    }

    [Fact]
    public async Task Prune_PinnedPoint_StaysUntilItIsUnpinned()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        RestorePointPin pin = new(old.Id, world.Clock.GetUtcNow(), "admin", "evidence");
        Assert.True(await world.Writer.PinAsync(pin, default));
        Assert.False(await world.Writer.PinAsync(pin, default));
        await world.ReopenAsync();

        Assert.Empty((await world.PruneAsync(old.Id)).RestorePoints);

        await foreach (PinEntry entry in world.Writer.Repository.Catalog.PinsAsync(default))
        {
            Assert.Equal(pin, entry.Pin);
        }

        await world.Writer.UnpinAsync(old.Id, default);
        Assert.Equal([old.Id], (await world.PruneAsync(old.Id)).RestorePoints);
        await Assert.ThrowsAsync<ManifestRejectedException>(() => world.Writer.PinAsync(pin, default));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_SnapshotThatLostData_TakesTheRecordOfItAlong()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest kept = await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        foreach (RestorePointManifest point in new[] { kept, old })
        {
            SnapshotLoss loss = new() { Snapshot = point.Sources[0].Snapshot!.Value, FoundAt = world.Clock.GetUtcNow(), Objects = [], Paths = ["a"], PathCount = 1 };
            await LossStore.WriteAsync(world.Store, world.Repository.Keys, loss, world.Clock, default);
        }

        await world.PlanAsync(old.Id);
        Assert.Equal(2, (await world.NamesAsync("losses/")).Count);
        await world.PruneAsync(old.Id);

        Assert.Equal(kept.Sources[0].Snapshot, LossStore.SnapshotOf(Assert.Single(await world.NamesAsync("losses/"))));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_SnapshotWithoutPoint_StaysWhileItsRunGoesOnAndForTheGrace()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await world.BackUpAsync(TestBackup.Files(1));
        SnapshotManifest alone = await TestBackup.UploadAsync(world.Writer, TestBackup.Files(2), TestBackup.Source, world.Clock);
        await world.Writer.CommitSnapshotAsync(alone, default);

        Assert.Empty((await world.PruneAsync()).Snapshots);
        world.Clock.Advance(PruneWorld.PastGrace);
        PruneRequest goingOn = new() { IsGoingOn = run => run == alone.Run };
        RepositoryPruner pruner = new(world.Writer, world.Options, world.Clock);
        Assert.Empty((await pruner.RunAsync(goingOn, null, default)).Snapshots);
        Assert.Equal([alone.Id], (await world.PruneAsync()).Snapshots);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ManySmallSegments_AreCompactedAndBounded()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        for (int i = 0; i < 40; i++)
        {
            await world.BackUpAsync(TestBackup.Files(i, count: 1, bytesMax: 2000));
        }

        using OpenRepository reader = await world.Repository.OpenAsync();
        Assert.Equal(40, (await world.NamesAsync("index/")).Count);
        Assert.Equal(1, await IndexCompactor.RunAsync(world.Writer, default));
        Assert.Single(await world.NamesAsync("index/"));
        await world.AssertSoundAsync();
        await reader.RefreshAsync(default);
        Assert.Empty(reader.DamagedIndexSegments);
        Assert.Equal(1, await IndexCompactor.RunAsync(world.Writer, default));
    }

    private sealed class Steps : IProgress<PruneProgress>
    {
        public List<PruneProgress> Said { get; } = [];

        public void Report(PruneProgress value)
        {
            lock (Said)
            {
                Said.Add(value);
            }
        }
    }

    private static async Task<Dictionary<string, string>> ContentAsync(InMemoryObjectStore store)
    {
        Dictionary<string, string> content = [];
        await foreach (ObjectInfo info in store.ListAsync("", default))
        {
            content[info.Name] = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(await store.GetAsync(info.Name, int.MaxValue, default)));
        }

        return content;
    }
}
