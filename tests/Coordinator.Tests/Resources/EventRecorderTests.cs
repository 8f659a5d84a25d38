using K8sBackup.Coordinator.Resources;
using K8sBackup.FakeKube.Faults;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>Events help, and are no flood.</summary>
public sealed class EventRecorderTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _clock = new();
    private ResourceWorld _world = null!;
    private EventRecorder _events = null!;
    private BackupPlanResource _plan = null!;

    public async Task InitializeAsync()
    {
        _world = await ResourceWorld.StartAsync();
        _events = new EventRecorder(_world.Client, _clock, NullLogger<EventRecorder>.Instance);
        _plan = await _world.PlanAsync();
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task TheSameOfAnObject_IsToldOnceInAWhile()
    {
        await _events.WarnAsync(_plan, "Invalid", "a", default);
        await _events.WarnAsync(_plan, "Invalid", "a", default);
        await _events.WarnAsync(_plan, "Invalid", "b", default);
        Assert.Equal(["a", "b"], await NotesAsync());
        _clock.Advance(EventRecorder.RepeatAfter);
        await _events.WarnAsync(_plan, "Invalid", "a", default);
        Assert.Equal(["a", "a", "b"], await NotesAsync());
    }

    [Fact]
    public async Task ClockSetBack_SilencesNobody()
    {
        for (int i = 0; i < EventRecorder.PerMinute; i++)
        {
            await _events.NormalAsync(_plan, "Started", $"{i}", default);
        }

        _clock.Jump(TimeSpan.FromDays(-3650));
        _clock.Advance(EventRecorder.RepeatAfter);
        await _events.NormalAsync(_plan, "Started", "0", default);
        await _events.NormalAsync(_plan, "Started", "later", default);
        Assert.Equal(EventRecorder.PerMinute + 2, (await NotesAsync()).Length);
    }

    [Fact]
    public async Task MoreThanAMinuteHolds_AreLeftOut()
    {
        for (int i = 0; i < EventRecorder.PerMinute + 5; i++)
        {
            await _events.NormalAsync(_plan, "Started", $"{i}", default);
        }

        Assert.Equal(EventRecorder.PerMinute, (await NotesAsync()).Length);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _events.NormalAsync(_plan, "Started", "later", default);
        Assert.Contains("later", await NotesAsync());
    }

    [Fact]
    public async Task ServerThatTakesNone_IsNoFailure_AndLongTextsAreCut()
    {
        _world.Kube.Faults.Add(new ApiFaultRule { Method = "POST", PathContains = "/events", Code = 403 });
        await _events.WarnAsync(_plan, "Invalid", "refused", default);
        await _events.WarnAsync(_plan, "Invalid", new string('x', 5000), default);
        Assert.InRange(Assert.Single(await NotesAsync()).Length, 900, 1024);
    }

    private async Task<string[]> NotesAsync() =>
        [.. (await _world.Client.ListAsync(KubernetesTypes.Events, ListQuery.In(ResourceWorld.Namespace), 1000, default)).Items.Select(e => e.Note).Order(StringComparer.Ordinal)];
}
