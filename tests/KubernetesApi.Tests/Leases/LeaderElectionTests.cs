using K8sBackup.FakeKube.Faults;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Leases;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.KubernetesApi.Tests.Support;
using K8sBackup.TestKit.Time;

namespace K8sBackup.KubernetesApi.Tests.Leases;

public sealed class LeaderElectionTests
{
    private static readonly ResourceName _name = new("default", "leader");
    private static readonly TimeSpan _step = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _limit = TimeSpan.FromHours(1);

    private static readonly LeaderElectionOptions _standard = new() { Namespace = _name.Namespace, Name = _name.Name, Identity = "" };

    // So long that a slow machine does not let it run out.
    private static readonly LeaderElectionOptions _long = _standard with { LeaseDuration = TimeSpan.FromMinutes(20), RenewDeadline = TimeSpan.FromMinutes(19) };

    [Fact]
    public async Task Acquire_FreeLease_TakesItAtOnce()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        LeaderElection one = Candidate(client, "one", new ManualTimeProvider());
        await one.AcquireAsync(Polling.Limit());
        Lease lease = await client.GetAsync(KubernetesTypes.Leases, _name, Polling.Limit());
        Assert.Equal(("one", 0, 15), (lease.Spec.HolderIdentity, lease.Spec.LeaseTransitions, lease.Spec.LeaseDurationSeconds));
    }

    [Fact]
    public async Task Acquire_HolderSilent_WaitsTheWholeDurationByTheOwnClock()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        // A holder whose clock is years ahead: only what is observed counts.
        await Candidate(client, "one", new ManualTimeProvider(new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero))).AcquireAsync(Polling.Limit());
        ManualTimeProvider clock = new();
        LeaderElection two = Candidate(client, "two", clock);
        DateTimeOffset began = clock.GetUtcNow();
        Task acquiring = two.AcquireAsync(Polling.Limit());
        await clock.AdvanceUntilAsync(() => acquiring.IsCompleted, _step, _limit);
        await acquiring;
        Assert.True(clock.GetUtcNow() - began >= TimeSpan.FromSeconds(15));
        Assert.Equal(("two", 1), (two.Holder, two.Transitions));
    }

    [Fact]
    public async Task Acquire_HolderRenews_NeverTakesIt()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ManualTimeProvider clock = new();
        LeaderElection one = Candidate(client, "one", clock, _long);
        await one.AcquireAsync(Polling.Limit());
        using CancellationTokenSource end = new();
        Task acquiring = Candidate(client, "two", clock, _long).AcquireAsync(end.Token);
        for (int round = 0; round < 6; round++)
        {
            // Three times the lease goes by, and each half of it the holder is heard of.
            clock.Advance(_long.LeaseDuration / 2);
            Lease lease = await client.GetAsync(KubernetesTypes.Leases, _name, Polling.Limit());
            await client.UpdateAsync(
                KubernetesTypes.Leases, lease with { Spec = lease.Spec with { RenewTime = lease.Spec.RenewTime!.Value.AddSeconds(1) } }, Subresource.None, Polling.Limit());
            int seen = Looks(world);
            await clock.AdvanceUntilAsync(() => Looks(world) > seen + 1, TimeSpan.FromSeconds(1), _limit);
        }

        Assert.False(acquiring.IsCompleted);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => acquiring);
    }

    [Fact]
    public async Task Hold_ServerAway_GivesUpBeforeOthersMayBegin()
    {
        await using StandIn world = await StandIn.StartAsync();
        ManualTimeProvider clock = new();
        LeaderElection one = Candidate(world.Client(), "one", clock, _long with { RenewDeadline = TimeSpan.FromSeconds(10) });
        await one.AcquireAsync(Polling.Limit());
        DateTimeOffset renewed = clock.GetUtcNow();
        world.Server.Faults.Add(new ApiFaultRule { Times = int.MaxValue, Code = 0 });
        Task holding = one.HoldAsync(Polling.Limit());
        await clock.AdvanceUntilAsync(() => holding.IsCompleted, _step, _limit);
        await holding;
        Assert.True(clock.GetUtcNow() - renewed < _long.LeaseDuration);
        Assert.NotNull(one.Trouble);
    }

    [Fact]
    public async Task Hold_SomebodyElseTookIt_EndsAtOnce()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ManualTimeProvider clock = new();
        LeaderElection one = Candidate(client, "one", clock);
        await one.AcquireAsync(Polling.Limit());
        Lease lease = await client.GetAsync(KubernetesTypes.Leases, _name, Polling.Limit());
        await client.UpdateAsync(KubernetesTypes.Leases, lease with { Spec = lease.Spec with { HolderIdentity = "two" } }, Subresource.None, Polling.Limit());
        Task holding = one.HoldAsync(Polling.Limit());
        clock.Advance(TimeSpan.FromSeconds(3));
        await holding.WaitAsync(Polling.Limit());
        Assert.Equal("two", one.Holder);
    }

    [Fact]
    public async Task Regain_ServerComesBack_LeadsAsBefore()
    {
        await using StandIn world = await StandIn.StartAsync();
        ManualTimeProvider clock = new();
        LeaderElection one = Candidate(world.Client(), "one", clock);
        await one.AcquireAsync(Polling.Limit());
        world.Server.Faults.Add(new ApiFaultRule { Times = int.MaxValue, Code = 0 });
        Task<bool> regaining = one.RegainAsync(Polling.Limit());
        await clock.AdvanceUntilAsync(() => clock.GetUtcNow().Hour > 13, TimeSpan.FromMinutes(10), TimeSpan.FromHours(5));
        Assert.False(regaining.IsCompleted);
        world.Server.Faults.Clear();
        await clock.AdvanceUntilAsync(() => regaining.IsCompleted, _step, _limit);
        Assert.True(await regaining);
        Assert.Equal(("one", 0), (one.Holder, one.Transitions));
    }

    [Fact]
    public async Task Regain_OthersLeaseThatMoves_IsLost()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ManualTimeProvider clock = new();
        await Candidate(client, "two", clock, _long).AcquireAsync(Polling.Limit());
        Task<bool> regaining = Candidate(client, "one", clock, _long).RegainAsync(Polling.Limit());
        // By the second look, the first is remembered.
        await clock.AdvanceUntilAsync(() => Looks(world) >= 3, _step, TimeSpan.FromMinutes(15));
        await client.MergePatchAsync(
            KubernetesTypes.Leases,
            _name,
            new System.Text.Json.Nodes.JsonObject { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["renewTime"] = "2030-01-01T00:00:00.000000Z" } },
            Subresource.None,
            Polling.Limit());
        await clock.AdvanceUntilAsync(() => regaining.IsCompleted, _step, TimeSpan.FromMinutes(15));
        Assert.False(await regaining);
    }

    [Fact]
    public async Task Regain_OthersLeaseThatNeverMoves_IsTaken()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ManualTimeProvider clock = new();
        // As after a restore of etcd: the lease is that of somebody long gone.
        await Candidate(client, "gone", clock).AcquireAsync(Polling.Limit());
        LeaderElection one = Candidate(client, "one", clock);
        Task<bool> regaining = one.RegainAsync(Polling.Limit());
        await clock.AdvanceUntilAsync(() => regaining.IsCompleted, _step, _limit);
        Assert.True(await regaining);
        Assert.Equal("one", one.Holder);
    }

    [Fact]
    public async Task Release_OfTheHolder_LetsTheNextBeginAtOnce()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        ManualTimeProvider clock = new();
        LeaderElection one = Candidate(client, "one", clock);
        LeaderElection two = Candidate(client, "two", clock);
        await one.AcquireAsync(Polling.Limit());
        await two.ReleaseAsync(Polling.Limit());
        Assert.Equal("one", (await client.GetAsync(KubernetesTypes.Leases, _name, Polling.Limit())).Spec.HolderIdentity);
        await one.ReleaseAsync(Polling.Limit());
        await two.AcquireAsync(Polling.Limit());
        Assert.Equal(("two", 1), (two.Holder, two.Transitions));
    }

    [Fact]
    public async Task Acquire_ManyAtOnce_OneLeads()
    {
        await using StandIn world = await StandIn.StartAsync();
        KubernetesClient client = world.Client();
        using CancellationTokenSource end = new();
        ManualTimeProvider clock = new();
        Task[] candidates = [.. Enumerable.Range(0, 8).Select(i => Candidate(client, $"c{i}", clock).AcquireAsync(end.Token))];
        await Task.WhenAny(candidates);
        await Polling.UntilAsync(() => Looks(world) >= 8);
        _ = Assert.Single(candidates, candidate => candidate.IsCompletedSuccessfully);
        await end.CancelAsync();
        await Task.WhenAll(candidates.Select(candidate => candidate.ContinueWith(_ => { }, TaskScheduler.Default)));
    }

    private static int Looks(StandIn world) => world.Server.Requests.Count(r => r.StartsWith("GET", StringComparison.Ordinal));

    private static LeaderElection Candidate(KubernetesClient client, string identity, TimeProvider clock, LeaderElectionOptions? options = null) =>
        new(client, client, (options ?? _standard) with { Identity = identity }, clock, new Random(1));
}
