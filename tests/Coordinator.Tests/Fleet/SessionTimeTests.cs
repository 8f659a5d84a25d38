using Grpc.Core;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using Role = K8sBackup.Transport.Identity.Role;
using SessionOptions = K8sBackup.Coordinator.Fleet.SessionOptions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Fleet;

/// <summary>The three clocks that end a session, on a clock of the test's own.</summary>
public sealed class SessionTimeTests : IAsyncLifetime
{
    // Certificates are issued and looked at by this clock and by TLS's own.
    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private TestCoordinator? _coordinator;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_coordinator is not null)
        {
            await _coordinator.DisposeAsync();
        }
    }

    [Fact]
    public async Task Session_SixHoursOld_IsEndedSoThatTheCertificateIsLookedAtAgain()
    {
        // Hours of silence are allowed here, so that nothing but the age can end it.
        using TestAgent agent = await ConnectAsync(new SessionOptions { Heartbeat = TimeSpan.FromHours(3) }, TimeSpan.FromHours(12));

        (StatusCode status, TimeSpan after) = await EndAsync(agent, step: TimeSpan.FromMinutes(10), limit: TimeSpan.FromHours(7));

        Assert.Equal(StatusCode.Unavailable, status);
        Assert.True(after >= TimeSpan.FromHours(6));
    }

    [Fact]
    public async Task Session_OfACertificateThatEndsSooner_EndsWithIt()
    {
        using TestAgent agent = await ConnectAsync(new SessionOptions { Heartbeat = TimeSpan.FromHours(3) }, TimeSpan.FromHours(2));

        (StatusCode status, TimeSpan after) = await EndAsync(agent, step: TimeSpan.FromMinutes(5), limit: TimeSpan.FromHours(7));

        Assert.Equal(StatusCode.Unavailable, status);
        // Well before its age would end it; how soon it is seen here depends on the machine.
        Assert.InRange(after, TimeSpan.FromHours(2) - TimeSpan.FromMinutes(5), TimeSpan.FromHours(5.5));
    }

    [Fact]
    public async Task Session_SilentForThreeHeartbeats_IsGivenUp()
    {
        using TestAgent agent = await ConnectAsync(new SessionOptions(), TimeSpan.FromHours(12));

        (StatusCode status, TimeSpan after) = await EndAsync(agent, step: TimeSpan.FromSeconds(5), limit: TimeSpan.FromMinutes(2));

        Assert.Equal(StatusCode.DeadlineExceeded, status);
        Assert.True(after >= TimeSpan.FromSeconds(45));
        await Eventually.TrueAsync(() => !_coordinator!.Nodes.IsConnected("w-1"));
    }

    [Fact]
    public async Task Session_SignOfLife_WindsTheClockOfSilenceAgain()
    {
        using TestAgent agent = await ConnectAsync(new SessionOptions(), TimeSpan.FromHours(12));
        Task<StatusCode> end = agent.EndStatusAsync();
        for (int i = 0; i < 6; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            Assert.False(end.IsCompleted, $"ended after {i} heartbeats");
            DateTimeOffset now = _clock.GetUtcNow();
            await agent.SendAsync(new Wire.AgentMessage { Heartbeat = new Wire.Heartbeat() });
            await Eventually.TrueAsync(() => _coordinator!.Nodes.Find("w-1")!.LastSeen == now);
        }

        Assert.True(_coordinator!.Nodes.IsConnected("w-1"));
    }

    private async Task<TestAgent> ConnectAsync(SessionOptions session, TimeSpan certificateLifetime)
    {
        _coordinator = await new TestCoordinator { Clock = _clock, Session = session }.StartAsync();
        PeerIdentity peer = new("prod", Role.Worker, "w-1");
        TestAgent agent = new(_coordinator.ChannelOf(_coordinator.IdentityOf(_coordinator.Authority, peer, certificateLifetime)));
        await agent.GreetAsync([]);
        return agent;
    }

    private async Task<(StatusCode Status, TimeSpan After)> EndAsync(TestAgent agent, TimeSpan step, TimeSpan limit)
    {
        DateTimeOffset from = _clock.GetUtcNow();
        Task<StatusCode> end = agent.EndStatusAsync();
        await _clock.AdvanceUntilAsync(() => end.IsCompleted, step, limit);
        return (await end, _clock.GetUtcNow() - from);
    }
}
