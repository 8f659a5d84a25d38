using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Keeping;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Tests.Keeping;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Pruning;

/// <summary>Immutability follows need and not age: what a restore point needs is kept by the store for the whole time from each prune on.</summary>
public sealed class RetentionExtensionTests
{
    private static readonly TimeSpan _month = TimeSpan.FromDays(30);

    [Fact]
    public async Task Prune_WithKeeping_KeepsAllThatStaysAndNothingThatGoes()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        RestorePointManifest old = await BackUpAsync(world, 1);
        RestorePointManifest stays = await BackUpAsync(world, 2);
        await world.Writer.FlushAsync(default);
        Keeper keeper = new() { Clock = world.Clock };

        PruneReport report = await RunAsync(world, keeper, old);

        DateTimeOffset end = world.Clock.GetUtcNow() + (_month * 1.25);
        string[] expected =
        [
            "config", $"restore-points/{stays.Id}", .. stays.Sources.Select(s => $"snapshots/{s.Snapshot}"),
            .. await world.NamesAsync("keys/"), .. await world.NamesAsync("index/"),
        ];
        Assert.All(expected, name => Assert.Equal(end, keeper.Ends[name]));
        Assert.DoesNotContain(keeper.Ends.Keys, name => name.Contains(old.Id.ToString(), StringComparison.Ordinal));
        int packs = (await world.NamesAsync("packs/")).Count;
        Assert.InRange(keeper.Ends.Keys.Count(n => n.StartsWith("packs/", StringComparison.Ordinal)), 1, packs - 1);
        Assert.Equal(keeper.Ends.Count, report.RetentionExtended);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_EachDay_TouchesAnObjectOnceInAQuarterOfTheTime()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await BackUpAsync(world, 1);
        await world.Writer.FlushAsync(default);
        Keeper keeper = new() { Clock = world.Clock };
        long first = (await RunAsync(world, keeper)).RetentionExtended;

        world.Clock.Advance(_month / 4);
        long atTheEnd = (await RunAsync(world, keeper)).RetentionExtended;
        world.Clock.Advance(TimeSpan.FromDays(1));
        long after = (await RunAsync(world, keeper)).RetentionExtended;

        Assert.Equal((0, first), (atTheEnd, after));
        Assert.All(keeper.Ends.Values, end => Assert.True(end >= world.Clock.GetUtcNow() + _month));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_CopiesASparsePack_LetsTheOldOneGo()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        Dictionary<string, byte[]> all = new(TestBackup.Files(3, count: 12, bytesMax: 12_000));
        RestorePointManifest old = await world.BackUpAsync(all, keep: false);
        await world.BackUpAsync(all.Take(3).ToDictionary());
        Keeper keeper = new() { Clock = world.Clock };

        PruneReport report = await RunAsync(world, keeper, old);

        Assert.NotEmpty(report.Decisions);
        Assert.DoesNotContain(report.Decisions, d => keeper.Ends.ContainsKey(d.ObjectName));
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_WithAClockNobodyCanTrust_MovesNoEnd()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await BackUpAsync(world, 1);
        Keeper keeper = new() { Clock = world.Clock };
        world.Options = world.Options with { StoreAhead = () => TimeSpan.FromDays(3650) };

        PruneReport report = await RunAsync(world, keeper);

        Assert.Equal(PruneObstacleKind.Clock, Assert.Single(report.Obstacles).Kind);
        Assert.Empty(keeper.Ends);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Plan_TouchesNothing()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await BackUpAsync(world, 1);
        Keeper keeper = new() { Clock = world.Clock };
        world.Options = world.Options with { Keeping = new ObjectKeeping(keeper, _month) };

        await world.PlanAsync();

        Assert.Empty(keeper.Ends);
        await world.AssertSoundAsync();
    }

    [Fact]
    public async Task Prune_StoreRefusesOne_SaysSoAndExtendsTheRest()
    {
        await using PruneWorld world = await PruneWorld.CreateAsync();
        await BackUpAsync(world, 1);
        await world.Writer.FlushAsync(default);
        Keeper keeper = new() { Clock = world.Clock, Refused = "config" };

        PruneReport report = await RunAsync(world, keeper);

        Assert.Contains("'config'", Assert.Single(report.Obstacles).Detail, StringComparison.Ordinal);
        Assert.NotEmpty(keeper.Ends);
        await world.AssertSoundAsync();
    }

    private static Task<RestorePointManifest> BackUpAsync(PruneWorld world, int seed) => world.BackUpAsync(TestBackup.Files(seed), keep: false);

    private static Task<PruneReport> RunAsync(PruneWorld world, Keeper keeper, params RestorePointManifest[] expired)
    {
        world.Options = world.Options with { Keeping = new ObjectKeeping(keeper, _month) };
        return world.PruneAsync([.. expired.Select(p => p.Id)]);
    }
}
