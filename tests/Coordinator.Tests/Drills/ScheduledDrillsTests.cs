using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.ClusterRestores;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Drills;

public sealed class ScheduledDrillsTests : IAsyncLifetime
{
    private static readonly SourceKey Etcd = new("cp-1", SourceKind.Etcd, "main");
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly Dictionary<string, AgentConnection> _connections = [];
    private readonly List<SourceKey> _held = [];
    private TestStore _store = null!;
    private NodeRegistry _nodes = null!;
    private DrillEngine _engine = null!;
    private DrillPlanner _planner = null!;

    private string Mark => Path.Combine(_store.State, "drills.json");

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        for (int i = 0; i < 3; i++)
        {
            await CommitAsync(i);
        }

        _nodes = new NodeRegistry(new FileStateHome(_store.State), _clock);
        Connect("cp-1", Role.ControlPlane);
        Connect("node-1", Role.Worker);
        _planner = new DrillPlanner(_store.Points, _store.Access, _nodes, _clock);
        await StartEngineAsync();
        _store.Board.Changed += Answer;
    }

    public async Task DisposeAsync()
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Look_FirstTime_HoldsTheNewestAnOlderOneAndASampleOfFiles()
    {
        ScheduledDrills schedule = Schedule();
        await schedule.LookAsync(default);
        Assert.Empty(_held);

        _clock.Advance(TimeSpan.FromMinutes(16));
        await schedule.LookAsync(default);

        Assert.Equal([Etcd, Etcd, Volume], _held);
        Assert.Equal(2, _engine.Known.Where(d => d.Source == Etcd).Select(d => d.Point).Distinct().Count());
        Assert.All(_engine.Known, drill => Assert.Equal("schedule", drill.StartedBy));
        Assert.Null(schedule.Trouble);
    }

    [Fact]
    public async Task Look_AfterARound_WaitsForTheIntervalAndItsJitterAlsoOverARestart()
    {
        _clock.Advance(TimeSpan.FromMinutes(16));
        ScheduledDrills first = Schedule();
        _clock.Advance(TimeSpan.FromMinutes(16));
        await first.LookAsync(default);
        DateTimeOffset held = _clock.GetUtcNow();
        _held.Clear();

        ScheduledDrills second = Schedule();
        Assert.InRange(second.Due!.Value - held, Week, Week * 1.1);
        _clock.Advance(Week - TimeSpan.FromMinutes(1));
        await second.LookAsync(default);
        Assert.Empty(_held);
        _clock.Advance(Week * 0.1 + TimeSpan.FromMinutes(2));
        await second.LookAsync(default);
        Assert.NotEmpty(_held);
    }

    [Fact]
    public async Task Look_NoRestorePointYet_WaitsForTheFirst()
    {
        foreach (string name in await _store.ObjectNamesAsync("restore-points/"))
        {
            await _store.Store.DeleteAsync(name, default);
        }

        ScheduledDrills schedule = Schedule();
        _clock.Advance(TimeSpan.FromMinutes(16));
        await schedule.LookAsync(default);
        Assert.Equal((0, null, false), (_held.Count, schedule.Trouble, File.Exists(Mark)));

        await CommitAsync(9);
        _clock.Advance(TimeSpan.FromMinutes(16));
        await schedule.LookAsync(default);
        Assert.Contains(Etcd, _held);
    }

    [Fact]
    public async Task Look_StoppedInTheMiddleOfARound_HoldsItSoonAfterTheNextStart()
    {
        _store.Board.Changed -= Answer;
        ScheduledDrills first = Schedule();
        _clock.Advance(TimeSpan.FromMinutes(16));
        using CancellationTokenSource stop = new();
        Task round = first.LookAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => round);
        Assert.Empty(_held);
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();

        await StartEngineAsync();
        _store.Board.Changed += Answer;
        ScheduledDrills second = Schedule();
        _clock.Advance(TimeSpan.FromMinutes(16));
        await second.LookAsync(default);
        Assert.Equal([Etcd, Etcd, Volume], _held);
        Assert.True(File.Exists(Mark));
    }

    [Fact]
    public async Task Look_NothingCanBeHeld_SaysSoAndTriesAgainSoon()
    {
        foreach (string node in (string[])["cp-1", "node-1"])
        {
            _nodes.Disconnect(node, _connections[node]);
        }

        ScheduledDrills schedule = Schedule();
        _clock.Advance(TimeSpan.FromMinutes(16));
        await schedule.LookAsync(default);

        Assert.Contains("connected", schedule.Trouble, StringComparison.Ordinal);
        Assert.False(File.Exists(Mark));
        IReadOnlyList<string> warnings = await new DrillWarnings(new DrillDirectory(_store.Access), schedule).WarningsAsync(default);
        Assert.Contains("could not be held", Assert.Single(warnings), StringComparison.Ordinal);

        Connect("cp-1", Role.ControlPlane);
        _clock.Advance(TimeSpan.FromHours(3) + TimeSpan.FromMinutes(1));
        await schedule.LookAsync(default);
        Assert.NotEmpty(_held);
        Assert.Null(schedule.Trouble);
    }

    [Fact]
    public async Task Look_SwitchedOff_HoldsNothing()
    {
        ScheduledDrills schedule = Schedule(new DrillSettings { Every = TimeSpan.Zero });
        _clock.Advance(TimeSpan.FromDays(400));
        await schedule.LookAsync(default);

        Assert.Null(schedule.Due);
        Assert.Empty(_held);
    }

    [Fact]
    public async Task Look_FilesSwitchedOff_HoldsEtcdOnly()
    {
        ScheduledDrills schedule = Schedule(new DrillSettings { Files = false });
        _clock.Advance(TimeSpan.FromMinutes(16));
        await schedule.LookAsync(default);

        Assert.Equal([Etcd, Etcd], _held);
    }

    private async Task StartEngineAsync()
    {
        RestoreStore restores = new(new FileStateHome(_store.State), NullLogger<RestoreStore>.Instance);
        DrillRunner runner = new(
            _planner,
            new DrillDirectory(_store.Access),
            _store.Board,
            _nodes,
            restores,
            ClusterRestoreRecords.StoreIn(_store.State),
            new RestoreOptions(),
            new DrillSettings(),
            _clock,
            NullLogger<DrillRunner>.Instance);
        _engine = new DrillEngine(runner, _clock, NullLogger<DrillEngine>.Instance);
        await _engine.StartAsync(CancellationToken.None);
    }

    private ScheduledDrills Schedule(DrillSettings? settings = null) =>
        new(new FileStateHome(_store.State), _store.Access, _planner, _engine, settings ?? new DrillSettings(), _clock, NullLogger<ScheduledDrills>.Instance);

    // The agent: everything is as it was.
    private void Answer(string node)
    {
        foreach (WorkItem item in _store.Board.OfNode(node).Where(i => i.Restore is not null && !i.Completion.IsCompleted))
        {
            _held.Add(item.Source);
            Wire.DrillReport report = item.Source.Kind == SourceKind.Etcd
                ? new Wire.DrillReport { Passed = true, Etcd = new Wire.EtcdDrillResult { Revision = 100, Keys = 10 } }
                : new Wire.DrillReport { Passed = true, Files = new Wire.FilesDrillResult { Files = 1, Bytes = 10 } };
            _store.Board.ReportResult(item.WorkId, new WorkOutcome.Restored(new Wire.RestoreReport { Drill = report }));
        }
    }

    private async Task CommitAsync(int seed)
    {
        SnapshotManifest volume = await _store.BackUpFileAsync(Volume);
        SnapshotManifest etcd = await _store.BackUpEtcdAsync(Etcd, (byte)seed);
        await _store.CommitPointAsync(volume, etcd);
    }

    private void Connect(string name, Role role)
    {
        _connections[name] = new AgentConnection();
        _nodes.Connect(
            new NodeRecord { Name = name, Role = role, LastSeen = _clock.GetUtcNow(), CertificateNotAfter = _clock.GetUtcNow().AddHours(12) },
            _connections[name]);
    }
}
