using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.ClusterRestores;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Drills;

public sealed class DrillEngineTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey Etcd = new("cp-1", SourceKind.Etcd, "main");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<string, AgentConnection> _connections = [];
    private TestStore _store = null!;
    private NodeRegistry _nodes = null!;
    private RestorePointManifest _point = null!;
    private RestoreStore _restores = null!;
    private ClusterRestoreStore _clusterRestores = null!;
    private DrillPlanner _planner = null!;
    private DrillDirectory _directory = null!;
    private DrillEngine _engine = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        SnapshotManifest volume = await _store.BackUpFileAsync(Volume);
        SnapshotManifest etcd = await _store.BackUpEtcdAsync(Etcd);
        _point = await _store.CommitPointAsync(volume, etcd);
        _nodes = new NodeRegistry(new FileStateHome(_store.State), TimeProvider.System);
        Connect("node-1", Role.Worker);
        Connect("cp-1", Role.ControlPlane);
        Connect("cp-2", Role.ControlPlane);
        _restores = new RestoreStore(new FileStateHome(_store.State), NullLogger<RestoreStore>.Instance);
        _planner = new DrillPlanner(_store.Points, _store.Access, _nodes, TimeProvider.System);
        _directory = new DrillDirectory(_store.Access);
        RestoreOptions waiting = new() { Interval = TimeSpan.FromMilliseconds(10) };
        DrillRunner runner = new(
            _planner, _directory, _store.Board, _nodes, _restores, _clusterRestores = ClusterRestoreRecords.StoreIn(_store.State), waiting, new DrillSettings(), TimeProvider.System, NullLogger<DrillRunner>.Instance);
        _engine = new DrillEngine(runner, TimeProvider.System, NullLogger<DrillEngine>.Instance);
        await _engine.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Drill_AgentFindsWhatWasRecorded_PassesAndIsKeptInTheStore()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        Assert.Equal(("cp-1", drill.Snapshot.Id.ToString()), (item.Node, item.Work.Restore.SnapshotId));
        Report(item, Served(100, 10, 0));

        DrillCase ended = await ending.WaitAsync(Patience);

        Assert.Equal(DrillState.Passed, ended.State);
        DrillRecord record = (await NewestAsync(drill))!;
        Assert.Equal((DrillVerdict.Passed, TimeSpan.FromSeconds(6)), (record.Verdict, record.Etcd!.TimeToRecover));
        Assert.Null(_store.Board.Find(item.WorkId));
    }

    [Theory]
    [InlineData(99, 10, 0u, "revision")]
    [InlineData(100, 9, 0u, "number of keys")]
    [InlineData(100, 10, 5u, "HashKV")]
    public async Task Drill_AgentServedSomethingElse_Fails(long revision, long keys, uint hash, string what)
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        Report(await ItemOfAsync(drill), Served(revision, keys, hash));

        Assert.Equal(DrillState.Failed, (await ending.WaitAsync(Patience)).State);
        DrillRecord record = (await NewestAsync(drill))!;
        Assert.Equal(DrillVerdict.Failed, record.Verdict);
        Assert.Contains(what, record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drill_DataThatCannotBeRead_Fails()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure("", "", FailureCause.StoreCorrupt, "a pack is gone")));

        Assert.Equal((DrillState.Failed, "a pack is gone"), ((await ending.WaitAsync(Patience)).State, (await NewestAsync(drill))!.Reason));
    }

    [Fact]
    public async Task Drill_OfFiles_RestoresTheSampleAndWantsAllOfIt()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Volume);
        WorkItem item = await ItemOfAsync(drill);
        Assert.Equal("f"u8.ToArray(), Assert.Single(item.Restore!.Paths));
        Report(item, new Wire.DrillReport { Passed = true, Files = new Wire.FilesDrillResult { Files = 1, Bytes = 10 } });
        DrillCase passed = await ending.WaitAsync(Patience);
        Assert.Equal((DrillState.Passed, 1L), (passed.State, passed.Files!.FilesInSnapshot));

        (drill, ending) = await StartAsync(Volume);
        Report(await ItemOfAsync(drill), new Wire.DrillReport { Passed = true, Files = new Wire.FilesDrillResult { Files = 0, Bytes = 0 } });
        Assert.Equal(DrillState.Failed, (await ending.WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task Drill_NoNodeThatMay_IsNotHeldAndSaysNothingAboutThePoint()
    {
        foreach (string node in (string[])["cp-1", "cp-2"])
        {
            _nodes.Disconnect(node, _connections[node]);
        }

        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);

        DrillCase ended = await ending.WaitAsync(Patience);
        Assert.Equal((DrillState.NotHeld, FailureCause.NodeUnavailable), (ended.State, ended.Failure!.Cause));
        Assert.Null(await NewestAsync(drill));
    }

    [Fact]
    public async Task Drill_OwnNodeIsAway_IsHeldOnAnotherOfTheControlPlane()
    {
        _nodes.Disconnect("cp-1", _connections["cp-1"]);
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        Assert.Equal("cp-2", item.Node);
        Report(item, Served(100, 10, 0));
        await ending.WaitAsync(Patience);
    }

    [Fact]
    public async Task NodeFor_WorkerAskedForEtcd_IsRefused()
    {
        DrillCase drill = await PlanAsync(Etcd, "node-1");

        Assert.Equal(FailureCause.PermissionDenied, Assert.Throws<BackupException>(() => _planner.NodeFor(drill)).Failure.Cause);
    }

    [Fact]
    public async Task Drill_RestoreIsWanted_MakesRoomAndIsHeldAfterwards()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        RestoreRecord restore = Restore(drill);
        _restores.Save(restore);
        await UntilAsync(() => item.Cancellation.IsCancellationRequested);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure("", "", FailureCause.Cancelled, "called off")));
        await UntilAsync(() => _store.Board.Find(item.WorkId) is null);
        _restores.Save(restore with { State = RestoreState.Completed });

        Report(await ItemOfAsync(drill), Served(100, 10, 0));

        Assert.Equal(DrillState.Passed, (await ending.WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task Drill_ClusterIsRestored_MakesRoomAndIsHeldAfterwards()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        ClusterRestoreRecord restore = ClusterRestoreRecords.Begun();
        _clusterRestores.Save(restore);
        await UntilAsync(() => item.Cancellation.IsCancellationRequested);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure("", "", FailureCause.Cancelled, "called off")));
        await UntilAsync(() => _store.Board.Find(item.WorkId) is null);
        _clusterRestores.Save(restore with { Phase = ClusterPhase.Over });

        Report(await ItemOfAsync(drill), Served(100, 10, 0));

        Assert.Equal(DrillState.Passed, (await ending.WaitAsync(Patience)).State);
    }

    [Fact]
    public async Task Drill_PointIsPrunedMeanwhile_IsNotHeldAndNoFailure()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        await _store.Store.DeleteAsync($"restore-points/{_point.Id}", default);
        foreach (SourceResult source in _point.Sources)
        {
            await _store.Store.DeleteAsync($"snapshots/{source.Snapshot}", default);
        }

        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure("", "", FailureCause.StoreCorrupt, "the manifest is missing")));

        DrillCase ended = await ending.WaitAsync(Patience);
        Assert.Equal((DrillState.NotHeld, FailureCause.NotFound), (ended.State, ended.Failure!.Cause));
        Assert.Empty(await _store.ObjectNamesAsync("drills/"));
    }

    [Fact]
    public async Task Cancel_ByAnOperator_EndsItWithoutARecord()
    {
        (DrillCase drill, Task<DrillCase> ending) = await StartAsync(Etcd);
        WorkItem item = await ItemOfAsync(drill);
        _engine.Cancel(drill);
        await UntilAsync(() => item.Cancellation.IsCancellationRequested);
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure("", "", FailureCause.Cancelled, "called off")));

        Assert.Equal((DrillState.NotHeld, FailureCause.Cancelled), ((await ending.WaitAsync(Patience)).State, (await ending).Failure!.Cause));
        Assert.Null(await NewestAsync(drill));
    }

    private static Wire.DrillReport Served(long revision, long keys, uint hash) => new()
    {
        Passed = true,
        Etcd = new Wire.EtcdDrillResult
        {
            Revision = revision,
            Keys = keys,
            HashKv = hash,
            ServerVersion = "3.5.21",
            Downloading = Seconds(1),
            Building = Seconds(2),
            Starting = Seconds(3),
            Proving = Seconds(4),
        },
    };

    private static Google.Protobuf.WellKnownTypes.Duration Seconds(int seconds) => new() { Seconds = seconds };

    private static RestoreRecord Restore(DrillCase drill) => new()
    {
        Id = RestoreId.Create(TimeProvider.System),
        Point = drill.Point,
        Snapshot = drill.Snapshot.Id,
        Source = drill.Source,
        Node = "cp-1",
        Task = System.Text.Json.JsonDocument.Parse("{}").RootElement,
        State = RestoreState.Waiting,
        StartedAt = TimeProvider.System.GetUtcNow(),
        StartedBy = "alice",
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private async Task<DrillCase> PlanAsync(SourceKey source, string node = "") =>
        Assert.Single(await _planner.PlanAsync(_point, s => s == source, node, "alice", CancellationToken.None));

    private async Task<(DrillCase Drill, Task<DrillCase> Ending)> StartAsync(SourceKey source)
    {
        DrillCase drill = await PlanAsync(source);
        return (drill, _engine.Enqueue(drill));
    }

    private async Task<WorkItem> ItemOfAsync(DrillCase drill)
    {
        WorkItem? item = null;
        await UntilAsync(() => (item = _store.Board.Find(WorkIds.ForRestore(drill.Work))) is { Cancellation.IsCancellationRequested: false });
        return item!;
    }

    private void Report(WorkItem item, Wire.DrillReport report) =>
        Assert.True(_store.Board.ReportResult(item.WorkId, new WorkOutcome.Restored(new Wire.RestoreReport { Drill = report })));

    private async Task<DrillRecord?> NewestAsync(DrillCase drill)
    {
        IReadOnlyDictionary<SnapshotId, DrillEntry> newest = await _directory.NewestAsync(CancellationToken.None);
        return newest.GetValueOrDefault(drill.Snapshot.Id)?.Record;
    }

    private void Connect(string name, Role role)
    {
        _connections[name] = new AgentConnection();
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _nodes.Connect(new NodeRecord { Name = name, Role = role, LastSeen = now, CertificateNotAfter = now.AddHours(12) }, _connections[name]);
    }
}
