using K8sBackup.FakeKube.Faults;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Client;

public sealed class FaultTests
{
    [Fact]
    public async Task Find_ServerTroubleForAWhile_IsRepeated()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        await client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        world.Server.Faults.Add(new ApiFaultRule { Method = "GET", Times = 2, Code = 500 });
        world.Server.Faults.Add(new ApiFaultRule { Method = "GET", Times = 2, Code = 0 });
        Assert.NotNull(await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(5, world.Server.Requests.Count(r => r.StartsWith("GET", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Find_ServerTroubleForGood_FailsAfterItsAttempts()
    {
        await using StandIn world = await StandIn.StartAsync();
        world.Server.Faults.Add(new ApiFaultRule { Times = 1000, Code = 503 });
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal((KubernetesFailure.ServerError, 503), (e.Failure, e.Code));
        Assert.Equal(new KubernetesClientOptions().AttemptsMax, world.Server.Requests.Count);
    }

    [Fact]
    public async Task Create_AnswerLost_IsNotRepeated()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 0, AfterTheWork = true });
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
        Assert.Single(world.Server.Requests, r => r.StartsWith("POST", StringComparison.Ordinal));
        Assert.NotNull(await client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
    }

    [Fact]
    public async Task Apply_AnswerLost_IsRepeated()
    {
        await using StandIn world = await StandIn.StartAsync();
        world.Server.Faults.Add(new ApiFaultRule { Method = "PATCH", Code = 0, AfterTheWork = true });
        ConfigMap applied = await world.Client().ApplyAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a", ("k", "v")), new ApplyOptions("me"), Polling.Limit());
        Assert.Equal("v", applied.Data["k"]);
    }

    [Fact]
    public async Task Create_TooManyRequests_WaitsAsLongAsAsked()
    {
        await using StandIn world = await StandIn.StartAsync();
        ManualTimeProvider clock = new();
        KubernetesClient client = world.Client(clock, new KubernetesClientOptions { AttemptTimeout = TimeSpan.FromDays(1), BackoffMax = TimeSpan.FromSeconds(1) });
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 429, RetryAfterSeconds = 30 });
        DateTimeOffset began = clock.GetUtcNow();
        Task<ConfigMap> creating = client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        await clock.AdvanceUntilAsync(() => creating.IsCompleted, TimeSpan.FromSeconds(2), TimeSpan.FromHours(10));
        await creating;
        Assert.True(clock.GetUtcNow() - began >= TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Create_AskedToWaitTooLong_FailsAndSaysHowLong()
    {
        await using StandIn world = await StandIn.StartAsync();
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 429, RetryAfterSeconds = 3600 });
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => world.Client().CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit()));
        Assert.Equal((KubernetesFailure.TooManyRequests, TimeSpan.FromHours(1)), (e.Failure, e.RetryAfter));
    }

    [Fact]
    public async Task List_PageTokenExpired_BeginsAgain()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        for (int i = 0; i < 5; i++)
        {
            await client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map($"m{i}"), Polling.Limit());
        }

        ListQuery query = ListQuery.In("default") with { Limit = 2 };
        ResourcePage<ConfigMap> first = await client.ListPageAsync(KubernetesTypes.ConfigMaps, query, Polling.Limit());
        world.Server.Compact();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => client.ListPageAsync(KubernetesTypes.ConfigMaps, query with { Continue = first.Continue }, Polling.Limit()));
        Assert.Equal(KubernetesFailure.Expired, e.Failure);
        world.Server.Faults.Add(new ApiFaultRule { PathContains = "continue", Code = 410 });
        Assert.Equal(5, (await client.ListAsync(KubernetesTypes.ConfigMaps, query, 100, Polling.Limit())).Items.Count);
    }

    [Fact]
    public async Task Watch_VersionTooOld_IsExpired()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ConfigMap made = await client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        await client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("b"), Polling.Limit());
        world.Server.Compact();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(async () =>
        {
            await foreach (WatchEvent<ConfigMap> change in client.WatchAsync(
                KubernetesTypes.ConfigMaps, new WatchQuery { ResourceVersion = made.Metadata.ResourceVersion }, Polling.Limit()))
            {
                Assert.Fail($"unexpected: {change}");
            }
        });
        Assert.Equal(KubernetesFailure.Expired, e.Failure);
    }

    [Fact]
    public async Task Find_OtherAuthority_IsRefused()
    {
        await using StandIn world = await StandIn.StartAsync();
        await using FakeKubeServer other = await FakeKubeServer.StartAsync(new FakeKubeOptions());
        string text = (await File.ReadAllTextAsync(world.Kubeconfig)).Replace(world.Server.Address.ToString(), other.Address.ToString(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(world.Kubeconfig, text);
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => world.Client().FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task Update_OfAPartialRecord_IsRefused()
    {
        await using StandIn world = await StandIn.StartAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => world.Client().UpdateAsync(
            KubernetesTypes.Pods, new Pods.Pod { Metadata = StandIn.Map("a").Metadata }, Subresource.None, Polling.Limit()));
        Assert.Empty(world.Server.Requests);
    }

    [Fact]
    public async Task Find_NoServer_IsUnreachable()
    {
        await using StandIn world = await StandIn.StartAsync();
        using KubernetesClient client = new(
            ClusterAccess.Read(world.Kubeconfig, TimeProvider.System),
            new KubernetesClientOptions { BackoffMax = TimeSpan.FromMilliseconds(1), BackoffMin = TimeSpan.FromMilliseconds(1) },
            TimeProvider.System,
            new Random(1));
        await world.Server.DisposeAsync();
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(
            () => client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()));
        Assert.Equal(KubernetesFailure.Unreachable, e.Failure);
    }
}
