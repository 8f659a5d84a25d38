using K8sBackup.Agent.Tests.Support;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.V1;
using Microsoft.Extensions.DependencyInjection;

namespace K8sBackup.Agent.Tests.Volumes;

/// <summary>A real mount whose server goes away: no call into it comes back, and the agent does.</summary>
public sealed class StandingMountTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _clock = new();
    private FakeCoordinator _coordinator = null!;

    private string Volume => Path.Combine(_directory.Path, "host", "volumes", "v");

    private string Source => Path.Combine(_directory.Path, "source");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Volume);
        Directory.CreateDirectory(Source);
        _coordinator = await FakeCoordinator.StartAsync(_directory.Path);
    }

    public async Task DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _directory.Dispose();
    }

    [StandingMountFact]
    public async Task Capture_ServerGoesAwayWhileItIsRead_FailsAndIsNoSnapshot_AndTheNextOneIsWhole()
    {
        await File.WriteAllTextAsync(Path.Combine(Source, "f"), "far");
        await File.WriteAllTextAsync(Path.Combine(Source, "g"), "far, too");
        await using StandingMount mount = await StandingMount.StartAsync(Source, Volume);
        bool stands = false;

        // The tree was looked at, and its files are about to be opened.
        WorkResult result = await ResultAsync(() => Volatile.Read(ref stands), new ReadMoment(() =>
        {
            mount.Stop();
            Volatile.Write(ref stands, true);
        }).Pacer());

        Assert.True(result.Failure?.Cause is "SourceMissing" or "SourceUnreadable", $"{result}");
        Assert.Contains("hung", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Empty(_coordinator.Upload.Finished);

        mount.GoOn();
        _coordinator.Upload.BeginNextWork();
        result = await ResultAsync(() => false, new ReadPacer(0, new PressureGauge("/nonexistent", _clock), _clock));
        Assert.True(result.Backup is not null, $"{result}");
        Finish finish = Assert.Single(_coordinator.Upload.Finished);
        Assert.Equal((Outcome.Completed, 2), (finish.Outcome, finish.Counts.Files));
    }

    /// <param name="stands">Whether everything stands: then the limit of every call passes, and no sooner, so that nothing else is ever called hung.</param>
    private async Task<WorkResult> ResultAsync(Func<bool> stands, ReadPacer pacer)
    {
        Work work = WorkMessages.Backup();
        ReadPolicy policy = new(Limit, pacer, _clock);
        await using AgentHarness agent = await AgentHarness.StartAsync(AgentHarness.Options(_coordinator, _directory.Path), services => services.AddSingleton(policy));
        FakeSession session = await _coordinator.Sessions.NextAsync();
        await session.SendAsync(work);
        Task<WorkResult> ending = session.ResultAsync();
        while (!ending.IsCompleted)
        {
            if (stands())
            {
                _clock.Advance(Limit);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        WorkResult result = await ending;
        await session.SendAsync(new CoordinatorMessage { Acknowledged = new ResultAcknowledged { WorkId = work.WorkId } });
        await Eventually.TrueAsync(() => Directory.GetFiles(Path.Combine(_directory.Path, "state", "results")).Length == 0);
        return result;
    }
}
