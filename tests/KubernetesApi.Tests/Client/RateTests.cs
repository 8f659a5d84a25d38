using K8sBackup.FakeKube.Faults;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Cluster;
using K8sBackup.KubernetesApi.Failures;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Client;

/// <summary>A good guest: no more requests than allowed, and none before it is wanted.</summary>
public sealed class RateTests
{
    [Fact]
    public async Task Calls_BeyondTheBurst_WaitTheirTurn()
    {
        await using StandIn world = await StandIn.StartAsync();
        ManualTimeProvider clock = new();
        KubernetesClient client = world.Client(clock, new KubernetesClientOptions { RequestsPerSecond = 0.5, Burst = 2, AttemptTimeout = TimeSpan.FromDays(1) });
        Task[] calls = [.. Enumerable.Range(0, 4).Select(_ => client.FindAsync(KubernetesTypes.ConfigMaps, new ResourceName("default", "a"), Polling.Limit()))];
        for (int done = 2; done <= 4; done++)
        {
            await Task.WhenAll(calls[..done]);
            Assert.Equal(done, world.Server.Requests.Count);
            clock.Advance(TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task Create_ServerTrouble_IsRepeatedOnlyWhenTheServerAsksForIt()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 503, RetryAfterSeconds = 0 });
        await client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 503 });
        KubernetesException e = await Assert.ThrowsAsync<KubernetesException>(() => client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("b"), Polling.Limit()));
        Assert.Equal((KubernetesFailure.ServerError, 3), (e.Failure, world.Server.Requests.Count));
    }

    [Fact]
    public async Task Create_AskedToWaitUntilATime_WaitsUntilThen()
    {
        await using StandIn world = await StandIn.StartAsync();
        ManualTimeProvider clock = new();
        KubernetesClient client = world.Client(clock, new KubernetesClientOptions { AttemptTimeout = TimeSpan.FromDays(1), BackoffMax = TimeSpan.FromSeconds(1) });
        DateTimeOffset at = clock.GetUtcNow().AddSeconds(40);
        world.Server.Faults.Add(new ApiFaultRule { Method = "POST", Code = 429, RetryAfterAt = at });
        Task<ConfigMap> creating = client.CreateAsync(KubernetesTypes.ConfigMaps, StandIn.Map("a"), Polling.Limit());
        await clock.AdvanceUntilAsync(() => creating.IsCompleted, TimeSpan.FromSeconds(2), TimeSpan.FromHours(10));
        await creating;
        Assert.True(clock.GetUtcNow() >= at);
    }
}
