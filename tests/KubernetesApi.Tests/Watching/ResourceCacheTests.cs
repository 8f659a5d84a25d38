using System.Collections.Concurrent;
using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.KubernetesApi.Watching;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Watching;

public sealed class ResourceCacheTests
{
    private static readonly ResourceCacheOptions _quick = new() { BackoffMin = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task Run_ChangesAndBrokenConnections_EndInTheServersState()
    {
        await using Case test = await Case.StartAsync();
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a", ("k", "1")), Polling.Limit());
        await test.Cache.WaitUntilFilledAsync(Polling.Limit());
        for (int round = 0; round < 5; round++)
        {
            await test.Client.ApplyAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a", ("k", $"{round}x")), new ApplyOptions("me") { Force = true }, Polling.Limit());
            await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map($"r{round}"), Polling.Limit());
            test.World.Server.DropWatches();
        }

        await test.Client.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "r0"), DeleteOptions.Anything, Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "a r1 r2 r3 r4" && test.Cache.View.Items[new ResourceName("default", "a")].Data["k"] == "4x");
        Assert.Single(test.World.Server.Requests, r => r.Contains("limit=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_HistoryCompacted_ListsAgainAndTellsWhatChanged()
    {
        await using Case test = await Case.StartAsync();
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("gone"), Polling.Limit());
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("stays"), Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "gone stays" && test.World.Server.OpenWatches == 1);
        // While nobody watches, one goes, one comes, and history is forgotten.
        test.World.Server.Faults.Add(new ApiFaultRule { PathContains = "watch=1", Times = int.MaxValue, Code = 503 });
        test.World.Server.DropWatches();
        await Polling.UntilAsync(() => test.Cache.View.Trouble is not null);
        await test.Client.DeleteAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "gone"), DeleteOptions.Anything, Polling.Limit());
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("new"), Polling.Limit());
        test.World.Server.Compact();
        test.World.Server.Faults.Clear();
        await Polling.UntilAsync(() => test.Names() == "new stays");
        await Polling.UntilAsync(() => test.Told.Count == 4);
        Assert.Equal(
            [(WatchChange.Added, "gone"), (WatchChange.Added, "new"), (WatchChange.Added, "stays"), (WatchChange.Deleted, "gone")],
            test.Told.Order());
        await Polling.UntilAsync(() => test.Cache.View.Trouble is null);
    }

    [Fact]
    public async Task Age_ServerAway_GrowsAndTheViewStays()
    {
        ManualTimeProvider clock = new();
        await using Case test = await Case.StartAsync(clock, new FakeKubeOptions { BookmarkEvery = TimeSpan.FromMilliseconds(5) });
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "a");
        test.World.Server.Faults.Add(new ApiFaultRule { Times = int.MaxValue, Code = 0 });
        test.World.Server.DropWatches();
        await Polling.UntilAsync(() => test.Cache.View.Trouble is not null);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.True(test.Cache.Age >= TimeSpan.FromHours(1));
        Assert.Equal("a", test.Names());
        test.World.Server.Faults.Clear();
        await clock.AdvanceUntilAsync(() => test.Cache.Age < TimeSpan.FromHours(1), TimeSpan.FromMilliseconds(20), TimeSpan.FromHours(3));
        Assert.Null(test.Cache.View.Trouble);
    }

    [Fact]
    public async Task Age_OnlyBookmarks_StaysYoung()
    {
        ManualTimeProvider clock = new();
        await using Case test = await Case.StartAsync(clock, new FakeKubeOptions { BookmarkEvery = TimeSpan.FromMilliseconds(5) });
        await test.Cache.WaitUntilFilledAsync(Polling.Limit());
        clock.Advance(TimeSpan.FromMinutes(2));
        await Polling.UntilAsync(() => test.Cache.Age < TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Run_QuietKindAndHistoryCompacted_GoesOnFromTheBookmark()
    {
        await using Case test = await Case.StartAsync(options: new FakeKubeOptions { BookmarkEvery = TimeSpan.FromMilliseconds(5) });
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        // Much happens elsewhere, and of this kind nothing.
        await test.Client.CreateAsync(KubernetesTypes.Secrets, new Secret { Metadata = StandIn.Map("s").Metadata }, Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "a" && test.Cache.View.ResourceVersion == $"{test.World.Server.Version}");
        test.World.Server.Compact();
        test.World.Server.DropWatches();
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("b"), Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "a b");
        Assert.Single(test.World.Server.Requests, r => r.Contains("limit=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_MoreThanAllowed_IsTroubleAndKeepsTheView()
    {
        await using Case test = await Case.StartAsync(options: null, bounds: _quick with { ItemsMax = 2 });
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("b"), Polling.Limit());
        await Polling.UntilAsync(() => test.Names() == "a b");
        await test.Client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("c"), Polling.Limit());
        await Polling.UntilAsync(() => test.Cache.View.Trouble?.Failure == Failures.KubernetesFailure.TooLarge);
        Assert.Equal("a b", test.Names());
    }

    private sealed class Case : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private Task _running = Task.CompletedTask;

        private Case(StandIn world, TimeProvider clock, ResourceCacheOptions bounds)
        {
            World = world;
            Client = world.Client();
            Cache = new ResourceCache<ConfigMap>(
                Client, KubernetesTypes.ConfigMaps, ListQuery.In("default"), bounds, clock, new Random(1), change => Told.Enqueue((change.Change, change.Item.Metadata.Name)));
        }

        public StandIn World { get; }

        public KubernetesClient Client { get; }

        public ResourceCache<ConfigMap> Cache { get; }

        public ConcurrentQueue<(WatchChange Change, string Name)> Told { get; } = [];

        public static async Task<Case> StartAsync(TimeProvider? clock = null, FakeKubeOptions? options = null, ResourceCacheOptions? bounds = null)
        {
            Case test = new(await StandIn.StartAsync(options), clock ?? TimeProvider.System, bounds ?? _quick);
            test._running = test.Cache.RunAsync(test._end.Token);
            return test;
        }

        public string Names() => string.Join(' ', Cache.View.Items.Keys.Select(name => name.Name).Order(StringComparer.Ordinal));

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
            await World.DisposeAsync();
            _end.Dispose();
        }
    }
}
