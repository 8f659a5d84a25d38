using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Tests.Runs;

public sealed class RunSchedulerTests : IAsyncLifetime
{
    private const string Source = "  sources: [{volume: {name: a, path: /a}}]";
    private static readonly SourceKey A = new("w-1", SourceKind.Volume, "a");
    private readonly RunWorld _world = new();

    public RunSchedulerTests() => _world.Connect("w-1");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Look_ScheduleDue_StartsOneRun()
    {
        Follow("  schedule: '0 2 * * *'");
        At(hours: 13.9);
        Assert.Empty(_world.Store.List());
        At(hours: 0.2, seconds: 1);
        RunRecord run = Assert.Single(_world.Store.List());
        Assert.Equal("catch-up", run.StartedBy);
        await _world.CommitAsync(run.Id, A);
        await _world.OverAsync(run.Id);
        At(hours: 1);
        Assert.Single(_world.Store.List());
    }

    [Fact]
    public void Look_EverySecond_StartsOnTime()
    {
        Follow("  schedule: '1 12 * * *'");
        for (int i = 0; i < 70; i++)
        {
            At(seconds: 1);
        }

        RunRecord run = Assert.Single(_world.Store.List());
        Assert.Equal("schedule", run.StartedBy);
        Assert.Equal(TimeSpan.FromMinutes(1), run.StartedAt - new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Look_ManyMissedWhileDown_IsCaughtUpOnce()
    {
        Follow("  schedule: '0 2 * * *'");
        _world.Clock.Advance(TimeSpan.FromDays(5));
        await _world.RestartAsync();
        _world.Scheduler.Look();
        RunRecord run = Assert.Single(_world.Store.List());
        Assert.Equal("catch-up", run.StartedBy);
        await _world.CommitAsync(run.Id, A);
        await _world.OverAsync(run.Id);
        At(seconds: 1);
        Assert.Single(_world.Store.List());
    }

    [Fact]
    public async Task Look_MissedWithoutCatchUp_IsSkipped()
    {
        Follow("  catchUp: false\n  schedule: '0 2 * * *'");
        _world.Clock.Advance(TimeSpan.FromDays(5));
        await _world.RestartAsync();
        _world.Scheduler.Look();
        Assert.Empty(_world.Store.List());
    }

    [Fact]
    public void Look_RunStillGoesOn_NotesAndSkips()
    {
        Follow("  nodeWait: 24h\n  schedule: '0 * * * *'");
        At(hours: 1);
        RunId first = Assert.Single(_world.Store.List()).Id;
        At(hours: 1);
        Assert.Equal(first, Assert.Single(_world.Store.List()).Id);
        Assert.Contains("14:00", Assert.Single(_world.Get(first).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Look_MarkLostInACrash_DoesNotRunTwice()
    {
        Follow("  schedule: '0 * * * *'");
        string marks = File.ReadAllText(MarksPath);
        At(hours: 1);
        RunRecord run = Assert.Single(_world.Store.List());
        await _world.CommitAsync(run.Id, A);
        await _world.OverAsync(run.Id);
        File.WriteAllText(MarksPath, marks);
        await _world.RestartAsync();
        _world.Scheduler.Look();
        Assert.Single(_world.Store.List());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Look_ClockWasTenYearsAhead_BacksUpAgainAsSoonAsItIsRight(bool restarted)
    {
        TimeSpan ahead = TimeSpan.FromDays(3650);
        Follow("  schedule: '0 * * * *'");
        _world.Clock.Jump(ahead);
        At(hours: 1);
        RunRecord wrong = Assert.Single(_world.Store.List());
        Assert.Equal(2036, wrong.StartedAt.Year);
        await _world.CommitAsync(wrong.Id, A);
        await _world.OverAsync(wrong.Id);
        _world.Clock.Jump(-ahead);
        if (restarted)
        {
            await _world.RestartAsync();
        }

        _world.Scheduler.Look();
        At(hours: 1);

        RunRecord right = Assert.Single(_world.Store.List(), run => run.Id != wrong.Id);
        Assert.Equal(2026, right.StartedAt.Year);
        await _world.CommitAsync(right.Id, A);
        await _world.OverAsync(right.Id);
        At(hours: 1);
        Assert.Equal(3, _world.Store.List().Count);
    }

    [Fact]
    public void Look_ClockGoesBackALittle_DoesNotRunTwice()
    {
        Follow("  nodeWait: 24h\n  schedule: '1 12 * * *'");
        At(seconds: 61);
        Assert.Single(_world.Store.List());
        _world.Clock.Jump(TimeSpan.FromSeconds(-3));
        for (int i = 0; i < 10; i++)
        {
            At(seconds: 1);
        }

        RunRecord run = Assert.Single(_world.Store.List());
        Assert.Empty(run.Notes);
    }

    [Fact]
    public void Look_Paused_IsNotFollowedNorMadeUpFor()
    {
        Follow("  schedule: '0 * * * *'");
        Follow("  paused: true\n  schedule: '0 * * * *'");
        At(hours: 3);
        Follow("  schedule: '0 * * * *'");
        At(seconds: 1);
        Assert.Empty(_world.Store.List());
    }

    [Fact]
    public void Look_ScheduleChanged_BeginsAnew()
    {
        Follow("  schedule: '0 2 * * *'");
        _world.Clock.Advance(TimeSpan.FromHours(20));
        Follow("  schedule: '0 3 * * *'");
        Assert.Empty(_world.Store.List());
    }

    private string MarksPath => Path.Combine(Path.GetDirectoryName(_world.Plans.Directory)!, "schedules.json");

    private void Follow(string spec)
    {
        _world.Plan(spec + "\n" + Source);
        _world.Scheduler.Look();
    }

    private void At(double hours = 0, double seconds = 0)
    {
        _world.Clock.Advance(TimeSpan.FromHours(hours) + TimeSpan.FromSeconds(seconds));
        _world.Scheduler.Look();
    }
}
