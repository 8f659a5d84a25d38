using System.Net;
using System.Net.Sockets;
using K8sBackup.Agent.Session;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Tests.Session;

/// <summary>How long an agent waits between attempts: who was connected lately comes back sooner, since another coordinator leads within seconds.</summary>
public sealed class ReconnectPauseTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly PauseClock _pauses = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(-3650)]
    public async Task Pauses_AfterASessionThatLasted_AreShortForFiveMinutes_WhateverTheClockSays(int daysOfJump)
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await StartAsync(coordinator);
        await UntilServedAsync(coordinator);
        _clock.Advance(TimeSpan.FromSeconds(6));
        _clock.Jump(TimeSpan.FromDays(daysOfJump));

        await coordinator.StopAsync();

        IReadOnlyList<double> pauses = await TakeAsync(8);
        Assert.Equal([1, 2, 4, 8, 8, 8, 8, 8], pauses);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(60, (await TakeAsync(2))[1]);
    }

    [Fact]
    public async Task Pauses_AfterASessionThatDidNotLast_GrowAsEver()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await StartAsync(coordinator);
        await UntilServedAsync(coordinator);
        _clock.Advance(TimeSpan.FromSeconds(4));

        await coordinator.StopAsync();

        IReadOnlyList<double> pauses = await TakeAsync(8);
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses);
    }

    [Fact]
    public async Task Pauses_AfterAnAttemptThatHung_GrowOn()
    {
        await using FakeCoordinator coordinator = await FakeCoordinator.StartAsync(_directory.Path);
        await using AgentHarness agent = await StartAsync(coordinator);
        await UntilServedAsync(coordinator);
        await coordinator.StopAsync();
        using TcpListener silent = new(IPAddress.Loopback, coordinator.Address.Port);
        silent.Start();

        // Whoever is asked now takes the connection and says nothing for long.
        IReadOnlyList<double> pauses = await TakeAsync(1);
        using (TcpClient _ = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromMinutes(1)))
        {
            _clock.Advance(TimeSpan.FromSeconds(6));
        }

        silent.Stop();
        pauses = [.. pauses, .. await TakeAsync(1)];
        Assert.Equal([1, 2], pauses);
    }

    private Task<AgentHarness> StartAsync(FakeCoordinator coordinator) => AgentHarness.StartAsync(
        AgentHarness.Options(coordinator, _directory.Path), services => services.AddSingleton(new FullJitter(new Longest(), _pauses)), _clock);

    // Welcomed, that is, and at work.
    private static async Task UntilServedAsync(FakeCoordinator coordinator)
    {
        FakeSession session = await coordinator.Sessions.NextAsync();
        await session.SendAsync(WorkMessages.Backup(path: "/etc"));
        await session.ResultAsync();
    }

    private async Task<IReadOnlyList<double>> TakeAsync(int count)
    {
        double[] pauses = new double[count];
        for (int i = 0; i < count; i++)
        {
            pauses[i] = await _pauses.NextAsync();
        }

        return pauses;
    }

    /// <summary>Draws the longest pause there may be.</summary>
    private sealed class Longest : Random
    {
        public override double NextDouble() => 1;
    }
}
