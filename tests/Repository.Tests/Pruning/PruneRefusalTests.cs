using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Pruning;

/// <summary>When a prune deletes nothing, or less: a wrong clock, damage.</summary>
public sealed class PruneRefusalTests
{
    [Theory]
    [InlineData(-3650)]
    [InlineData(3650)]
    public async Task Prune_ClockJumpsWhileTheWriterIsOpen_DeletesNothing(int days)
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest old = await CondemnSomethingAsync(world);
        List<string> before = await world.NamesAsync("");
        JumpingClock clock = new(world.Clock);
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            world.Store, world.Repository.Keys, new RepositoryWriterOptions(), clock, default);
        clock.Offset = TimeSpan.FromDays(days);

        PruneReport report = await new RepositoryPruner(writer, world.Options, clock).RunAsync(new PruneRequest { Expired = [old.Id] }, null, default);

        Assert.Contains(report.Obstacles, o => o.Kind == PruneObstacleKind.Clock);
        Assert.Equal((0, 0, 0), (report.RestorePoints.Count, (int)report.Deleted.Packs, (int)report.Condemned.Packs));
        Assert.Equal(before, await world.NamesAsync(""));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ClockJumpedAndThenStoodForTheGrace_GoesOn()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        JumpingClock clock = new(world.Clock) { Offset = TimeSpan.FromDays(-5) };
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            world.Store, world.Repository.Keys, new RepositoryWriterOptions(), clock, default);
        RepositoryPruner pruner = new(writer, world.Options, clock);
        (_, RestorePointManifest old) = await TestBackup.BackUpAsync(writer, TestBackup.Files(1), clock: clock);
        clock.Offset = TimeSpan.Zero;

        Assert.Contains((await pruner.RunAsync(new PruneRequest { Expired = [old.Id] }, null, default)).Obstacles, o => o.Kind == PruneObstacleKind.Clock);
        world.Clock.Advance(PruneWorld.Grace - TimeSpan.FromMinutes(1));
        Assert.Contains((await pruner.RunAsync(new PruneRequest { Expired = [old.Id] }, null, default)).Obstacles, o => o.Kind == PruneObstacleKind.Clock);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        PruneReport report = await pruner.RunAsync(new PruneRequest { Expired = [old.Id] }, null, default);

        Assert.Empty(report.Obstacles);
        Assert.Equal([old.Id], report.RestorePoints);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_ClockJumpsInTheMiddle_TombstonesHaveTheTimeThatWasJudged()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        JumpingClock clock = new(world.Clock);
        int calls = int.MinValue;
        CallbackStore through = new(world.Store, () =>
        {
            // By then the clock was judged, and nothing is condemned yet.
            clock.Offset = ++calls > 8 ? TimeSpan.FromDays(-1000) : TimeSpan.Zero;
            return Task.CompletedTask;
        });
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            through, world.Repository.Keys, new RepositoryWriterOptions(), clock, default);
        (SnapshotManifest kept, _) = await TestBackup.BackUpAsync(writer, TestBackup.Files(1), clock: clock);
        world.Keep(kept, TestBackup.Files(1));
        (_, RestorePointManifest old) = await TestBackup.BackUpAsync(writer, TestBackup.Files(2), clock: clock);
        RepositoryPruner pruner = new(writer, world.Options, clock);
        calls = 0;
        PruneReport condemned = await pruner.RunAsync(new PruneRequest { Expired = [old.Id] }, null, default);
        Assert.NotEqual(0, condemned.Condemned.Packs);

        // Right again, and long after the tombstone's settling.
        Assert.InRange(calls, 12, 1000);
        calls = int.MinValue;
        clock.Offset = TimeSpan.Zero;
        world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, (await pruner.RunAsync(new PruneRequest(), null, default)).Deleted.Packs);
        world.Clock.Advance(PruneWorld.Grace);
        Assert.Equal(condemned.Condemned, (await pruner.RunAsync(new PruneRequest(), null, default)).Deleted);
        await world.AssertSoundAsync();
    }

    [Theory]
    [InlineData(-3650, 0)]
    [InlineData(3650, 0)]
    [InlineData(3650, 1)]
    [InlineData(3650, 24 * 60)]
    public async Task Prune_ClockWrongSinceTheStart_DeletesNothing_AlsoAfterBackupsWithTheWrongTime(int days, int minutesAfterBackup)
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest old = await CondemnSomethingAsync(world);
        ManualTimeProvider wrong = new(world.Clock.GetUtcNow() + TimeSpan.FromDays(days));
        await using RepositoryWriter writer = await RepositoryWriter.OpenAsync(
            world.Store, world.Repository.Keys, new RepositoryWriterOptions(), wrong, default);
        if (minutesAfterBackup > 0)
        {
            await TestBackup.BackUpAsync(writer, TestBackup.Files(7), clock: wrong);
            wrong.Advance(TimeSpan.FromMinutes(minutesAfterBackup));
        }

        long packs = (await world.NamesAsync("packs/")).Count;
        PruneReport report = await new RepositoryPruner(writer, world.Options, wrong).RunAsync(new PruneRequest { Expired = [old.Id] }, null, default);

        Assert.Contains(report.Obstacles, o => o.Kind == PruneObstacleKind.Clock);
        Assert.Equal((0, 0), (report.RestorePoints.Count, (int)report.Deleted.Packs));
        Assert.Equal(packs, (await world.NamesAsync("packs/")).Count);
        await world.AssertSoundAsync();
    }

    [Theory]
    [InlineData(6)]
    [InlineData(-6)]
    public async Task Prune_StoresClockDiffers_DeletesNothingUntilTheyAgree(int minutes)
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest old = await CondemnSomethingAsync(world);
        List<string> before = await world.NamesAsync("");
        world.Options = world.Options with { StoreAhead = () => TimeSpan.FromMinutes(minutes) };

        PruneReport report = await world.PruneAsync(old.Id);

        Assert.Contains("by the store's", Assert.Single(report.Obstacles, o => o.Kind == PruneObstacleKind.Clock).Detail, StringComparison.Ordinal);
        Assert.Equal(before, await world.NamesAsync(""));
        world.Options = world.Options with { StoreAhead = () => TimeSpan.FromMinutes(minutes) / 2 };
        Assert.Equal([old.Id], (await world.PruneAsync(old.Id)).RestorePoints);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_OperatorVouchesForTheClock_GoesOn()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest old = await CondemnSomethingAsync(world);
        world.Clock.Advance(TimeSpan.FromDays(100));
        Assert.Contains((await world.PruneAsync(old.Id)).Obstacles, o => o.Kind == PruneObstacleKind.Clock);

        PruneRequest request = new() { Expired = [old.Id], TrustClock = true };
        PruneReport report = await new RepositoryPruner(world.Writer, world.Options, world.Clock).RunAsync(request, null, default);

        Assert.Empty(report.Obstacles);
        Assert.Equal([old.Id], report.RestorePoints);
        Assert.NotEqual(0, report.Deleted.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_AllIndexSegmentsLost_TakesNoPackForGarbage()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await CondemnSomethingAsync(world);
        foreach (string segment in await world.NamesAsync("index/"))
        {
            await world.Store.DeleteAsync(segment, default);
        }

        await world.ReopenAsync();
        List<string> packs = await world.NamesAsync("packs/");
        PruneReport report = await world.PruneAsync();
        Assert.Contains(report.Obstacles, o => o.Kind is PruneObstacleKind.DamagedManifest or PruneObstacleKind.IncompleteIndex);
        Assert.Equal((0, 0), (report.Deleted.Packs, report.Condemned.Packs));
        Assert.Equal(packs, await world.NamesAsync("packs/"));

        await IndexRebuilder.RunAsync(world.Store, world.Repository.Keys, execute: true, world.Clock, default);
        await world.ReopenAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.NotEqual(0, (await world.PruneAsync()).Deleted.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_DamagedSnapshotManifest_DeletesNoPack()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await CondemnSomethingAsync(world);
        string name = (await world.NamesAsync("snapshots/"))[0];
        byte[] manifest = await world.Store.GetAsync(name, int.MaxValue, default);
        await world.Store.ReplaceAsync(name, manifest[..^1]);
        List<string> packs = await world.NamesAsync("packs/");

        PruneReport report = await world.PruneAsync();

        Assert.Contains(report.Obstacles, o => o.Kind == PruneObstacleKind.DamagedManifest && o.Detail.Contains(name, StringComparison.Ordinal));
        Assert.Equal(packs, await world.NamesAsync("packs/"));
        await world.Store.ReplaceAsync(name, manifest);
        Assert.NotEqual(0, (await world.PruneAsync()).Deleted.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_DamagedFrameInASparsePack_TheDamageIsNotCopied()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        Dictionary<string, byte[]> all = new(TestBackup.Files(3, count: 12, bytesMax: 12_000));
        RestorePointManifest old = await world.BackUpAsync(all, keep: false);
        await world.BackUpAsync(all.Take(3).ToDictionary(), keep: false);
        foreach (string name in await world.NamesAsync("packs/"))
        {
            byte[] pack = await world.Store.GetAsync(name, int.MaxValue, default);
            pack[100] ^= 1;
            await world.Store.ReplaceAsync(name, pack);
        }

        CheckReport before = await RepositoryCheck.RunAsync(world.Store, world.Repository.Keys);
        PruneReport report = await world.PruneAsync(old.Id);

        Assert.Contains(report.Obstacles, o => o.Kind is PruneObstacleKind.DamagedPack or PruneObstacleKind.DamagedManifest);
        CheckReport after = await RepositoryCheck.RunAsync(world.Store, world.Repository.Keys);
        Assert.False(before.IsSound);
        Assert.False(after.IsSound);
        Assert.Equal(before.Problems.Select(p => p.ObjectName), after.Problems.Select(p => p.ObjectName));
    }

    [Fact]
    public async Task Tombstone_Damaged_CondemnsNothingAndIsReplaced()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await CondemnSomethingAsync(world);
        string name = (await world.NamesAsync("tombstones/")).Single();
        byte[] tombstone = await world.Store.GetAsync(name, int.MaxValue, default);
        tombstone[^20] ^= 1;
        await world.Store.ReplaceAsync(name, tombstone);
        await world.ReopenAsync();

        PruneReport report = await world.PruneAsync();

        Assert.Equal(0, report.Deleted.Packs);
        Assert.NotEqual(0, report.Condemned.Packs);
        Assert.DoesNotContain(name, await world.NamesAsync("tombstones/"));
        world.Clock.Advance(PruneWorld.PastGrace);
        Assert.Equal(report.Condemned, (await world.PruneAsync()).Deleted);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Tombstone_ReadBadlyOnce_IsWhole()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await CondemnSomethingAsync(world);
        string name = (await world.NamesAsync("tombstones/")).Single();
        FaultyObjectStore faulty = new(world.Store, world.Clock);
        world.Through = faulty;
        await world.ReopenAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        faulty.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = name, Offset = -20, Count = 1 });

        PruneReport report = await world.PruneAsync();

        Assert.NotEqual(0, report.Deleted.Packs);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Tombstone_DamagedAfterItWasRead_GoesAfterItsPacks()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await CondemnSomethingAsync(world);
        string name = (await world.NamesAsync("tombstones/")).Single();
        FaultyObjectStore faulty = new(world.Store, world.Clock, new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Delete, NamePrefix = "packs/" });
        world.Through = faulty;
        await world.ReopenAsync();
        world.Clock.Advance(TimeSpan.FromHours(2));
        byte[] tombstone = await world.Store.GetAsync(name, int.MaxValue, default);
        tombstone[^20] ^= 1;
        await world.Store.ReplaceAsync(name, tombstone);

        Assert.Equal(0, (await world.PruneAsync()).Deleted.Packs);
        Assert.Contains(name, await world.NamesAsync("tombstones/"));

        faulty.ClearRules();
        Assert.NotEqual(0, (await world.PruneAsync()).Deleted.Packs);
        Assert.DoesNotContain(name, await world.NamesAsync("tombstones/"));
        await world.AssertSoundAsync();
    }

    // One point kept, one whose packs are condemned and due, and one that may expire.
    private static async Task<RestorePointManifest> CondemnSomethingAsync(PruneWorld world)
    {
        await world.BackUpAsync(TestBackup.Files(1));
        RestorePointManifest first = await world.BackUpAsync(TestBackup.Files(2), keep: false);
        await world.PruneAsync(first.Id);
        world.Clock.Advance(PruneWorld.PastGrace);
        return await world.BackUpAsync(TestBackup.Files(3), keep: false);
    }

    private sealed class JumpingClock(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Offset;

        public override long GetTimestamp() => inner.GetTimestamp();
    }
}
