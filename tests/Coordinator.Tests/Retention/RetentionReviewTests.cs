using System.Text.Json;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Retention;

/// <summary>What counts as good is what is good now; and who may say what goes.</summary>
public sealed class RetentionReviewTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SnapshotManifest_DamagedOrMissing_DoesNotCountAsGood(bool missing)
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest old = await world.PointAsync(1);
        RestorePointManifest good = await world.PointAsync(2);
        RestorePointManifest newest = await world.PointAsync(3);
        string name = $"snapshots/{newest.Sources[0].Snapshot}";
        byte[] content = await world.Store.Store.GetAsync(name, int.MaxValue, default);
        await world.Store.Store.DeleteAsync(name, default);
        if (!missing)
        {
            byte[] damaged = [.. content];
            damaged[^1] ^= 1;
            await world.Store.Store.PutIfAbsentAsync(name, damaged, default);
        }

        List<ReviewedPoint> review = await world.Review.ExplainAsync("", default).ToListAsync();

        Assert.Equal([newest.Id, good.Id, old.Id], review.Select(p => p.Id));
        Assert.Equal([true, true, false], review.Select(p => p.Stays));
        Assert.Equal([0, 1, 1], review.Select(p => p.GoodKinds.Count));
        Assert.Equal(["volume: good 1 of 1"], review[1].Reasons);
        await world.Store.Store.ReplaceAsync(name, content);
        Assert.Equal([true, false, false], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => p.Stays));
    }

    [Fact]
    public async Task Point_WhoseBackupWasDeletedWithItsData_GoesUnlessItIsPinned()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 5}");
        RestorePointManifest old = await world.PointAsync(1);
        RestorePointManifest newest = await world.PointAsync(2);
        world.Released.Replace([old.Id, newest.Id]);
        Assert.Equal([false, false], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => p.Stays));
        using (RepositoryLease lease = await world.Store.Access.EnterToWriteAsync(default))
        {
            await lease.Writer.PinAsync(new RestorePointPin(newest.Id, DateTimeOffset.UnixEpoch, "alice", "needed"), default);
        }

        Assert.Equal([(newest.Id, true), (old.Id, false)], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => (p.Id, p.Stays)));
        world.Released.Replace([]);
        Assert.All(await world.Review.ExplainAsync("", default).ToListAsync(), p => Assert.True(p.Stays));
    }

    [Fact]
    public async Task Snapshot_WithALossThatARepairRecorded_DoesNotCountAsGood()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest good = await world.PointAsync(1);
        IReadOnlyList<string> before = await world.Store.ObjectNamesAsync("packs/");
        RestorePointManifest newest = await world.PointAsync(2);
        Assert.Equal([true, false], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => p.Stays));
        string[] packs = [.. (await world.Store.ObjectNamesAsync("packs/")).Except(before)];
        byte[][] contents = await Task.WhenAll(packs.Select(p => world.Store.Store.GetAsync(p, int.MaxValue, default)));
        await Task.WhenAll(packs.Select(p => world.Store.Store.DeleteAsync(p, default)));

        await SnapshotRepair.RunAsync(world.Store.Store, world.Store.Keys, new CheckOptions(), removeDamaged: false, execute: true, TimeProvider.System, null, default);

        Assert.Equal([true, true], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => p.Stays));
        foreach ((string pack, byte[] content) in packs.Zip(contents))
        {
            await world.Store.Store.PutIfAbsentAsync(pack, content, default);
        }

        await SnapshotRepair.RunAsync(world.Store.Store, world.Store.Keys, new CheckOptions(), removeDamaged: false, execute: true, TimeProvider.System, null, default);
        List<ReviewedPoint> healed = await world.Review.ExplainAsync("", default).ToListAsync();
        Assert.Equal([(newest.Id, true), (good.Id, false)], healed.Select(p => (p.Id, p.Stays)));
    }

    [Fact]
    public async Task Snapshot_WhoseLastDrillFailed_DoesNotCountAsGood()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest good = await world.PointAsync(1);
        RestorePointManifest newest = await world.PointAsync(2);
        SnapshotManifest snapshot = (await world.Store.Snapshots.ReadAsync(newest.Sources[0].Snapshot!.Value, default))!;
        DrillDirectory drills = new(world.Store.Access);
        await drills.RecordAsync(SampleDrill.Of(snapshot, newest, TimeProvider.System), default);
        Assert.Equal([true, false], (await world.Review.ExplainAsync("", default).ToListAsync()).Select(p => p.Stays));

        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        await drills.RecordAsync(SampleDrill.Of(snapshot, newest, TimeProvider.System, DrillVerdict.Failed), default);

        List<ReviewedPoint> review = await world.Review.ExplainAsync("", default).ToListAsync();
        Assert.Equal([(newest.Id, true, 0), (good.Id, true, 1)], review.Select(p => (p.Id, p.Stays, p.GoodKinds.Count)));
        Assert.Equal(["volume: good 1 of 1"], review[1].Reasons);
    }

    [Fact]
    public async Task Points_CommittedWithAClockThatWentBack_AreInTheOrderOfTheirCommits()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest first = await world.PointAsync(1);
        RestorePointManifest second = await world.PointAsync(2);
        await world.Store.RestartAsync();

        // The clock was set back by a day while the coordinator was down.
        ManualTimeProvider back = new(TimeProvider.System.GetUtcNow().AddDays(-1));
        RestorePointManifest third = first with { Id = RestorePointId.Create(back), Sources = second.Sources, Run = second.Run };
        await new RestorePointSink(world.Store.Access, null).CommitAsync(third, default);
        await new RestorePointSink(world.Store.Access, null).CommitAsync(third, default);

        List<ReviewedPoint> review = await world.Review.ExplainAsync("", default).ToListAsync();
        Assert.Equal([(third.Id, true), (second.Id, false), (first.Id, false)], review.Select(p => (p.Id, p.Stays)));
        using RepositoryLease lease = world.Store.Access.Enter();
        List<long> sequences = [];
        await foreach (RestorePointEntry entry in lease.Repository.Catalog.RestorePointsAsync(default))
        {
            sequences.Add(entry.Manifest!.Sequence);
        }

        Assert.Equal([3, 2, 1], sequences);
    }

    [Fact]
    public async Task Points_OfSeveralPlans_AreJudgedByTheirOwnRulesAndPushNoOthersOut()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        string daily = Path.Combine(world.Plans.Directory, "daily.yaml");
        string weekly = (await File.ReadAllTextAsync(daily)).Replace("name: daily", "name: weekly", StringComparison.Ordinal).Replace("keepLast: 1", "keepLast: 2", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(world.Plans.Directory, "weekly.yaml"), weekly);
        Assert.True(world.Plans.Reload());
        RestorePointManifest first = await world.PointAsync(1);
        List<RestorePointManifest> points = [first];
        foreach (string plan in (string[])["weekly", "weekly", "gone", "weekly", "daily"])
        {
            ManualTimeProvider later = new(TimeProvider.System.GetUtcNow().AddMilliseconds(points.Count));
            points.Add(first with { Id = RestorePointId.Create(later), Plan = plan });
            await new RestorePointSink(world.Store.Access, null).CommitAsync(points[^1], default);
        }

        List<ReviewedPoint> review = await world.Review.ExplainAsync("", default).ToListAsync();

        // The newest of daily, the two newest of weekly, and what no plan in force speaks of.
        Assert.Equal([points[5].Id, points[4].Id, points[3].Id, points[2].Id], review.Where(p => p.Stays).Select(p => p.Id));
        Assert.Equal(["daily", "weekly", "gone", "weekly", "weekly", "daily"], review.Select(p => p.Plan));
        Assert.Equal(3, (await world.Review.ExplainAsync("weekly", default).ToListAsync()).Count);
    }

    [Fact]
    public async Task Points_AfterChanges_AreCountedAmongThemselvesAndAreNeverLatest()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest whole = await world.PointAsync(1);
        List<RestorePointManifest> changes = [];
        for (int i = 0; i < 3; i++)
        {
            ManualTimeProvider later = new(TimeProvider.System.GetUtcNow().AddMilliseconds(i + 1));
            changes.Add(whole with { Id = RestorePointId.Create(later), AfterChange = true });
            await new RestorePointSink(world.Store.Access, null).CommitAsync(changes[i], default);
        }

        List<ReviewedPoint> review = await world.Review.ExplainAsync("", default).ToListAsync();

        Assert.Equal([whole.Id, changes[2].Id], review.Where(p => p.Stays).Select(p => p.Id).Order());
        Assert.Equal(whole.Id, (await world.Store.Points.FindAsync("latest", default)).Id);
    }

    [Fact]
    public async Task Point_BeingRestored_StaysUntilTheRestoreIsOver()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest old = await world.PointAsync(1);
        await world.PointAsync(2);
        RestoreRecord restore = new()
        {
            Id = RestoreId.Create(TimeProvider.System),
            Point = old.Id,
            Snapshot = old.Sources[0].Snapshot!.Value,
            Source = RetentionWorld.Volume,
            Node = "node-1",
            Task = JsonDocument.Parse("{}").RootElement,
            State = RestoreState.Waiting,
            StartedAt = TimeProvider.System.GetUtcNow(),
            StartedBy = "admin",
        };
        world.Restores.Save(restore);
        Assert.Equal(["a restore of it goes on"], (await world.Review.ExplainAsync("", default).ToListAsync())[1].Reasons);
        Assert.Empty((await world.PruneAsync()).RestorePoints);

        world.Restores.Save(restore with { State = RestoreState.Completed, FinishedAt = TimeProvider.System.GetUtcNow() });

        Assert.Equal([old.Id], (await world.PruneAsync()).RestorePoints);
    }

    [Fact]
    public async Task Prune_LimitedToWhatAPlanNamed_LetsNothingElseGo()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync("{keepLast: 1, minimumGood: 1}");
        RestorePointManifest first = await world.PointAsync(1);
        RestorePointManifest second = await world.PointAsync(2);
        RestorePointManifest newest = await world.PointAsync(3);

        // The newest is named too, which retention keeps.
        PruneOrder order = new("test", world.Options) { Only = new HashSet<RestorePointId> { first.Id, newest.Id } };
        Assert.Equal([first.Id], (await world.Prune.RunAsync(order, null, default)).RestorePoints);
        Assert.Empty((await world.Prune.RunAsync(order with { Only = new HashSet<RestorePointId>() }, null, default)).RestorePoints);
        Assert.Equal([second.Id], (await world.PruneAsync()).RestorePoints);
    }

    [Fact]
    public async Task Schedule_DueBesideACheck_StaysDueUntilTheCheckIsOver()
    {
        await using RetentionWorld world = await RetentionWorld.CreateAsync();
        await world.PointAsync(1);
        await world.PointAsync(2);
        ManualTimeProvider clock = new(new DateTimeOffset(2026, 6, 1, 4, 44, 30, TimeSpan.Zero));
        PruneScheduler scheduler = new(world.Prune, new PruneSettings { Options = world.Options }, clock, NullLogger<PruneScheduler>.Instance);
        clock.Advance(TimeSpan.FromMinutes(1));
        using (world.Gate.Enter("a check"))
        {
            await scheduler.LookAsync(default);
            clock.Advance(TimeSpan.FromHours(3));
            await scheduler.LookAsync(default);
            Assert.Equal(2, (await world.PointsAsync()).Count);
        }

        await scheduler.LookAsync(default);
        Assert.Single(await world.PointsAsync());
    }
}
