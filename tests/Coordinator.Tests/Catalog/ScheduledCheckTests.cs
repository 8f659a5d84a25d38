using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Catalog;

/// <summary>The coordinator checks by itself, neither more nor less often for being restarted, and says what it finds.</summary>
public sealed class ScheduledCheckTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly CheckSchedule Daily = new();

    private readonly TemporaryDirectory _state = new();
    private readonly ManualTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly LogLines _log = new();
    private MaintenanceOutcomes _outcomes = null!;
    private TestStore _store = null!;
    private RepositoryCheck _check = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        _outcomes = new MaintenanceOutcomes(_clock);
        _check = new RepositoryCheck(_store.Store, _store.Keys, _store.Access, new MaintenanceGate(), _outcomes, _clock, NullLogger<RepositoryCheck>.Instance);
        await _store.CommitPointAsync(await BackUpAsync(1));
    }

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        _state.Dispose();
    }

    [Fact]
    public async Task Look_FirstSoonAfterTheStart_ThenOnceADayAcrossRestarts()
    {
        ScheduledCheck checks = Start();
        Assert.Equal(0, await RunsAsync(checks, TimeSpan.FromMinutes(9)));
        Assert.Equal(1, await RunsAsync(checks, TimeSpan.FromMinutes(2)));
        int runs = 0;
        for (int i = 0; i < 48; i++)
        {
            runs += await RunsAsync(Start(), TimeSpan.FromHours(1));
        }

        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task Look_StartedWithAClockYearsAhead_ChecksAsSoonAsItIsRight()
    {
        _clock.Jump(TimeSpan.FromDays(3650));
        ScheduledCheck checks = Start();
        await RunsAsync(checks, TimeSpan.FromMinutes(5));
        _clock.Jump(TimeSpan.FromDays(-3650));

        Assert.Equal(1, await RunsAsync(checks, TimeSpan.FromMinutes(6)));
    }

    [Fact]
    public async Task Look_AfterALongPause_ReadsWhatWasMissed()
    {
        await _store.CommitPointAsync(await BackUpAsync(2));
        ScheduledCheck checks = Start();
        await RunsAsync(checks, TimeSpan.FromMinutes(11));
        int packs = (await _store.ObjectNamesAsync("packs/")).Count;
        Assert.True(packs > 1);
        Assert.Contains($" 1 packs read, 1 of {packs} ever", _log.Lines[^1], StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromDays(31));
        await checks.LookAsync(CancellationToken.None);

        Assert.Contains($" {packs} packs read, {packs} of {packs} ever", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 100.0 / 30)]
    [InlineData(3, 10)]
    [InlineData(90, 100)]
    public void Percent_FollowsTheTimeSinceTheLast(int days, double expected) =>
        Assert.Equal(expected, ScheduledCheck.PercentFor(Daily, TimeSpan.FromDays(days)), 6);

    [Fact]
    public async Task Look_TurnedOff_ChecksNothing()
    {
        ScheduledCheck checks = Start(new CheckSchedule { Every = TimeSpan.Zero });
        Assert.Equal(0, await RunsAsync(checks, TimeSpan.FromDays(2)));
        Assert.Equal(0, ScheduledCheck.PercentFor(new CheckSchedule { ReadDataWithin = TimeSpan.Zero }, TimeSpan.FromDays(1)));
    }

    [Fact]
    public async Task Look_Damage_IsLoggedWithItsRestorePointAndSaidUntilItIsGone()
    {
        string point = Assert.Single(await _store.ObjectNamesAsync("restore-points/"));
        string snapshot = Assert.Single(await _store.ObjectNamesAsync("snapshots/"));
        _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = snapshot, Offset = 100 });

        await RunsAsync(Start(), TimeSpan.FromMinutes(11));

        Assert.Contains(_log.Lines, l => l.StartsWith("Error", StringComparison.Ordinal) && l.Contains(snapshot, StringComparison.Ordinal) && l.Contains(point[^26..], StringComparison.Ordinal));
        string warning = Assert.Single(await _outcomes.WarningsAsync(CancellationToken.None));
        Assert.Contains(snapshot, warning, StringComparison.Ordinal);
        Assert.True(_outcomes.Check!.Value.Problems > 0);

        // Sound again, it says so no more.
        _store.Store.ClearRules();
        await RunsAsync(Start(), TimeSpan.FromHours(25));
        Assert.Empty(await _outcomes.WarningsAsync(CancellationToken.None));
        Assert.Equal(0, _outcomes.Check!.Value.Problems);
    }

    [Fact]
    public async Task Look_DamagedPack_IsNotReferredToAnyMore_AndItsChunksAreStoredAgain()
    {
        await _store.CommitPointAsync(await BackUpAsync(1));
        int packs = (await _store.ObjectNamesAsync("packs/")).Count;
        _store.Store.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Reads, NamePrefix = "packs/", Offset = 100 });
        await RunsAsync(Start(new CheckSchedule { ReadDataWithin = TimeSpan.FromDays(1) }), TimeSpan.FromMinutes(11));
        Assert.Contains("packs/", Assert.Single(await _outcomes.WarningsAsync(CancellationToken.None)), StringComparison.Ordinal);
        _store.Store.ClearRules();

        // The same content: the repository had it, and took nothing of it until now.
        await _store.CommitPointAsync(await BackUpAsync(1));

        Assert.True((await _store.ObjectNamesAsync("packs/")).Count > packs);
    }

    [Fact]
    public async Task Check_ByAnOperatorWithAShareOfTheData_ReadsItAndTheRestTheNextTime()
    {
        for (byte content = 2; content <= 5; content++)
        {
            await _store.CommitPointAsync(await BackUpAsync(content));
        }

        long packs = (await _store.ObjectNamesAsync("packs/")).Count;
        List<(long Now, long Ever)> read = [];
        foreach ((bool readData, double percent) in ((bool, double)[])[(false, 0), (true, 40), (true, 60), (true, 0)])
        {
            MessagePipe<Wire.CheckMessage> messages = new();
            await _check.CheckAsync(new Wire.CheckRequest { ReadData = readData, ReadDataPercent = percent }, messages, TestCall.Operator());
            messages.Complete();
            Wire.CheckResult? result = null;
            while (await messages.MoveNext(CancellationToken.None))
            {
                result = messages.Current.Result ?? result;
            }

            Assert.Empty(result!.Problems);
            read.Add((result.PacksRead, result.PacksEverRead));
        }

        Assert.Equal((0, 0), read[0]);
        Assert.InRange(read[1].Now, 1, packs - 1);
        Assert.InRange(read[2].Now, 1, packs - 1);
        Assert.Equal([read[1].Now, packs, packs], read.Skip(1).Select(r => r.Ever));
        Assert.Equal(packs, read[3].Now);
    }

    [Fact]
    public async Task Look_StoreDown_IsLoggedAndTriedAgainAnHourLater()
    {
        ScheduledCheck checks = Start();
        _store.Store.Add(new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Reads | StoreOperations.Head });

        Assert.Equal(0, await RunsAsync(checks, TimeSpan.FromMinutes(40)));
        Assert.Single(_log.Lines, l => l.Contains("could not be done", StringComparison.Ordinal));
        _store.Store.ClearRules();
        Assert.Equal(0, await RunsAsync(checks, TimeSpan.FromMinutes(20)));
        Assert.Equal(1, await RunsAsync(checks, TimeSpan.FromMinutes(15)));
    }

    [Fact]
    public async Task Look_MarkDamagedOrClockBack_GoesOn()
    {
        await RunsAsync(Start(), TimeSpan.FromMinutes(11));
        string mark = Path.Combine(_state.Path, "checks.json");
        await File.WriteAllTextAsync(mark, "{ not json");
        Assert.Equal(1, await RunsAsync(Start(), TimeSpan.FromMinutes(11)));
        StateFile.Write(mark, new RecurrenceMark(_clock.GetUtcNow() + TimeSpan.FromDays(400)));

        Assert.Equal(1, await RunsAsync(Start(), TimeSpan.FromHours(25)));
    }

    private Task<SnapshotManifest> BackUpAsync(byte content) => _store.BackUpAsync(
        Volume, async agent => await agent.TreeAsync(await agent.FileAsync("f", [.. Enumerable.Repeat(content, 1000)])));

    private ScheduledCheck Start(CheckSchedule? schedule = null) =>
        new(new FileStateHome(_state.Path), _check, schedule ?? Daily, _clock, _log);

    // As the service does, a look a minute; gives how many checks there were.
    private async Task<int> RunsAsync(ScheduledCheck checks, TimeSpan duration)
    {
        int before = _log.Lines.Count(l => l.Contains("Scheduled check of the repository", StringComparison.Ordinal));
        for (TimeSpan passed = TimeSpan.Zero; passed < duration; passed += TimeSpan.FromMinutes(1))
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await checks.LookAsync(CancellationToken.None);
        }

        return _log.Lines.Count(l => l.Contains("Scheduled check of the repository", StringComparison.Ordinal)) - before;
    }

    private sealed class LogLines : ILogger<ScheduledCheck>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
