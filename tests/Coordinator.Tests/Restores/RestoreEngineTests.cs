using K8sBackup.Coordinator.State;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Tests.ClusterRestores;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Restores;

public sealed class RestoreEngineTests : IAsyncLifetime
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey Etcd = new("cp-1", SourceKind.Etcd, "main");

    // In step with the store's clock, whose snapshots it must not predate.
    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly Dictionary<string, AgentConnection> _connections = [];
    private TestStore _store = null!;
    private NodeRegistry _nodes = null!;
    private RestorePointManifest _point = null!;
    private RestoreEngine _engine = null!;
    private RestoreStore _records = null!;
    private ClusterRestoreStore _clusterRestores = null!;

    private string Audit => Path.Combine(_store.State, "audit.log");

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        SnapshotManifest volume = await _store.BackUpFileAsync(Volume);
        SnapshotManifest etcd = await _store.BackUpEtcdAsync(Etcd);
        _point = await _store.CommitPointAsync(volume, etcd);
        _nodes = new NodeRegistry(new FileStateHome(_store.State), _clock);
        Connect("node-1", Role.Worker);
        Connect("node-2", Role.Worker);
        Connect("cp-1", Role.ControlPlane);
        await StartEngineAsync();
    }

    public async Task DisposeAsync()
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Start_Etcd_GivesTheAgentDefaultsThatAreSafe()
    {
        RestoreRecord record = await StartAsync(Etcd);
        Wire.RestoreTask task = ItemOf(record).Work.Restore;
        Assert.Equal(RestorePlanner.RevisionBumpDefault, task.Etcd.RevisionBump);
        Assert.Equal($"kb-restore-{record.Id}", task.Etcd.ClusterToken);
        Assert.Equal("cp-1", ItemOf(record).Node);
        Assert.Equal(record.Snapshot.ToString(), task.SnapshotId);
    }

    [Fact]
    public async Task Start_SuspectSnapshot_NeedsToBeAccepted()
    {
        SourceKey source = Etcd with { Name = "doubtful" };
        SnapshotManifest suspect = await _store.BackUpEtcdAsync(source, isSuspect: true);
        string point = (await _store.CommitPointAsync(suspect)).Id.ToString();

        BackupException refused = await Assert.ThrowsAsync<BackupException>(() => StartAsync(source, r => r.PointId = point));
        Assert.Contains("is suspect: At revision 100", refused.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(_records.All);

        RestoreRecord accepted = await StartAsync(source, r => (r.PointId, r.Etcd) = (point, new Wire.RestoreEtcdOptions { AcceptSuspect = true, Revision = 99 }));
        Assert.Equal(99, ItemOf(accepted).Work.Restore.Etcd.Revision);
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Etcd = new Wire.RestoreEtcdOptions { Revision = 101 });
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Etcd = new Wire.RestoreEtcdOptions { Revision = -1 });
    }

    [Fact]
    public async Task Start_Mirror_DeletesByTheRulesOfTheSnapshotAndNotOfTheRequest()
    {
        SourceKey source = Volume with { Name = "ruled" };
        SnapshotManifest snapshot = await _store.BackUpAsync(source, async agent =>
        {
            Wire.Finish finish = await agent.TreeAsync(UploadAgent.Directory("d"));
            finish.Exclusions = new Wire.Exclusions { Rules = new Wire.ExcludeRules { Patterns = { "*.log" } } };
            return finish;
        });
        string point = (await _store.CommitPointAsync(snapshot)).Id.ToString();

        RestoreRecord record = await StartAsync(source, r =>
        {
            r.PointId = point;
            r.Paths.Add(ByteString.CopyFromUtf8("d"));
            r.Files = new Wire.RestoreFilesOptions { Conflicts = Wire.ConflictPolicy.Mirror, Selection = { ByteString.CopyFromUtf8("x") }, Rules = new Wire.ExcludeRules() };
        });

        Wire.RestoreFilesOptions files = ItemOf(record).Work.Restore.Files;
        Assert.Equal(["*.log"], files.Rules.Patterns);
        Assert.Equal(["d"], files.Selection.Select(s => s.ToStringUtf8()));
        Assert.False(ItemOf(record).Restore!.WithoutContent);
    }

    [Fact]
    public async Task Start_Preview_IsATaskThatOnlyAgentsWhoKnowItTake()
    {
        Wire.StartRestoreRequest request = new() { PointId = _point.Id.ToString(), Source = SourceMapping.ToWire(Volume) };
        RestoreRecord record = await _engine.StartAsync(request, "alice", CancellationToken.None, isPreview: true);
        Assert.Equal(Wire.RestoreTask.OptionsOneofCase.Preview, ItemOf(record).Work.Restore.OptionsCase);
        Assert.True(ItemOf(record).Restore!.WithoutContent);

        request.Source = SourceMapping.ToWire(Etcd);
        await Rpc.RefusedAsync(StatusCode.InvalidArgument, _engine.StartAsync(request, "alice", CancellationToken.None, isPreview: true));
    }

    [Fact]
    public async Task Start_SameRequest_GivesTheSameRestore()
    {
        RestoreRecord first = await StartAsync(Volume, r => r.RequestId = "once");
        Assert.Equal(first.Id, (await StartAsync(Volume, r => r.RequestId = "once")).Id);
        Assert.Single(_records.All);
    }

    [Fact]
    public async Task Start_NodeOfAClusterThatIsRestored_IsRefusedAndOthersAreNot()
    {
        ClusterRestoreRecord restore = ClusterRestoreRecords.Begun();
        _clusterRestores.Save(restore);

        BackupException refused = await Assert.ThrowsAsync<BackupException>(() => StartAsync(Etcd));

        Assert.Equal(FailureCause.TargetInUse, refused.Failure.Cause);
        Assert.Contains(restore.Id.ToString(), refused.Failure.Message, StringComparison.Ordinal);
        await StartAsync(Volume);
        _clusterRestores.Save(restore with { Phase = ClusterPhase.Over });
        await StartAsync(Etcd);
    }

    [Fact]
    public async Task Start_NodeThatIsBusy_IsRefusedAndNamesTheOther()
    {
        RestoreRecord first = await StartAsync(Volume);
        RpcException refusal = await RefusedAsync(StatusCode.FailedPrecondition, Volume, _ => { });
        Assert.Contains(first.Id.ToString(), refusal.Status.Detail, StringComparison.Ordinal);
        RestoreRecord second = await StartAsync(Volume, r =>
        {
            r.Node = "node-2";
            r.Files = new Wire.RestoreFilesOptions { Running = { "r-whatever" } };
        });

        // Whose half-written files an agent may not take for leftovers.
        Assert.Empty(ItemOf(first).Work.Restore.Files.Running);
        Assert.Equal([WorkIds.ForRestore(first.Id)], ItemOf(second).Work.Restore.Files.Running);
    }

    [Fact]
    public async Task Start_WhatCannotBe_IsRefused()
    {
        await RefusedAsync(StatusCode.PermissionDenied, Etcd, r => r.Node = "node-1");
        await RefusedAsync(StatusCode.NotFound, Volume, r => r.Node = "node-9");
        await RefusedAsync(StatusCode.NotFound, Volume, r => r.Node = "../x");
        await RefusedAsync(StatusCode.NotFound, Volume, r => r.PointId = "7zzzz");
        await RefusedAsync(StatusCode.NotFound, Volume, r => r.PointId = "../../config");
        await RefusedAsync(StatusCode.NotFound, Volume with { Name = "other" }, _ => { });
        await RefusedAsync(StatusCode.NotFound, Volume, r => r.Paths.Add(ByteString.CopyFromUtf8("no/such")));
        await RefusedAsync(StatusCode.InvalidArgument, Volume, r => r.Paths.Add(ByteString.CopyFromUtf8("../x")));
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Paths.Add(ByteString.CopyFromUtf8("snapshot.db")));
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Files = new Wire.RestoreFilesOptions());
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Etcd = new Wire.RestoreEtcdOptions { RevisionBump = -1 });
        await RefusedAsync(StatusCode.InvalidArgument, Etcd, r => r.Etcd = new Wire.RestoreEtcdOptions { RevisionBump = long.MaxValue });
        await RefusedAsync(StatusCode.InvalidArgument, Volume, r => r.Files = new Wire.RestoreFilesOptions { Target = "relative" });
        await RefusedAsync(StatusCode.InvalidArgument, Volume, r => r.Source = null);
        Assert.Empty(_records.All);
    }

    [Fact]
    public async Task Start_PrefixOrLatest_FindsThePoint()
    {
        Assert.Equal(_point.Id, (await StartAsync(Volume, r => r.PointId = "latest")).Point);
        Assert.Equal(_point.Id, (await StartAsync(Volume, r => (r.PointId, r.Node) = (_point.Id.ToString()[..12], "node-2"))).Point);
    }

    [Fact]
    public async Task Restored_ByTheAgent_IsRecordedWithItsReport()
    {
        RestoreRecord record = await StartAsync(Volume);
        WorkItem item = ItemOf(record);
        _store.Board.ReportProgress(item.WorkId, new WorkProgress { Phase = "restoring", BytesDone = 5 });
        await UntilAsync(record, RestoreState.Running);
        Assert.Equal(5, _engine.ProgressOf(record.Id).BytesDone);
        Wire.RestoreReport report = new() { EntriesRestored = 2, Failed = 1, Items = { new Wire.ItemOutcome { Path = "f", Reason = "EIO" } } };
        _store.Board.ReportResult(item.WorkId, new WorkOutcome.Restored(report));
        RestoreRecord ended = await UntilAsync(record, RestoreState.PartiallyFailed);
        Assert.Equal(report, MessageJson.Parse<Wire.RestoreReport>(ended.Report!.Value));
        Assert.NotNull(ended.FinishedAt);
    }

    [Fact]
    public async Task Report_WithRefusedEntries_IsInTheAuditLog()
    {
        RestoreRecord record = await StartAsync(Volume);
        _store.Board.ReportResult(WorkIds.ForRestore(record.Id), new WorkOutcome.Restored(new Wire.RestoreReport
        {
            Failed = 2, Refused = 2, Items = { new Wire.ItemOutcome { Path = "../x", State = Wire.EntryState.Unreadable, Reason = "it leads out" } },
        }));

        await UntilAsync(record, RestoreState.PartiallyFailed);

        string line = Assert.Single(await File.ReadAllLinesAsync(Audit));
        Assert.Contains("restore.refused", line, StringComparison.Ordinal);
        Assert.Contains("2 entries that no snapshot can have were refused, such as ../x: it leads out", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_ByTheAgent_IsRecordedWithTheCause()
    {
        RestoreRecord record = await StartAsync(Volume);
        Failure failure = new("node-1", Volume.ToString(), FailureCause.TargetInUse, "An etcd holds it.");
        _store.Board.ReportResult(ItemOf(record).WorkId, new WorkOutcome.Failed(failure));
        Assert.Equal(failure, (await UntilAsync(record, RestoreState.Failed)).Failure);
    }

    [Fact]
    public async Task Restart_UnfinishedRestore_GoesOnUnderTheSameWork()
    {
        RestoreRecord record = await StartAsync(Volume, r => r.Paths.Add(ByteString.CopyFromUtf8("f")));
        string work = ItemOf(record).WorkId;
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        await _store.RestartAsync();
        Assert.Null(_store.Board.Find(work));
        await StartEngineAsync();
        await Eventually.TrueAsync(() => _store.Board.Find(work) is not null);
        WorkItem again = ItemOf(record);
        Assert.Equal(work, again.WorkId);
        Assert.Equal("f", Encoding.UTF8.GetString(Assert.Single(again.Restore!.Paths)));
        _store.Board.ReportResult(work, new WorkOutcome.Restored(new Wire.RestoreReport { EntriesRestored = 2 }));
        await UntilAsync(record, RestoreState.Completed);
    }

    [Fact]
    public async Task Cancel_NodeThatIsAway_EndsAtOnce()
    {
        _nodes.Disconnect("node-1", _connections["node-1"]);
        RestoreRecord record = await StartAsync(Volume);
        _engine.Cancel(record, "alice");
        await UntilAsync(record, RestoreState.Cancelled);
    }

    [Fact]
    public async Task Wait_AgentThatNeverComes_FailsAfterTheTimeAllowed()
    {
        _nodes.Disconnect("node-1", _connections["node-1"]);
        RestoreRecord record = await StartAsync(Volume);
        RestoreRecord ended = await UntilAsync(record, RestoreState.Failed, TimeSpan.FromSeconds(30));
        Assert.Equal(FailureCause.NodeUnavailable, ended.Failure!.Cause);
        Assert.True(ended.FinishedAt - ended.StartedAt >= new RestoreOptions().StartPatience);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WhileARestoreIsRecorded_WaitsForItWhetherTheEngineWasStartedOrNot(bool isStarted)
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        // The first record says that it waits.
        using HeldCall write = new(2);
        await StartEngineAsync(new HeldHome(new FileStateHome(_store.State), write.Pass), isStarted);
        RestoreRecord record = await StartAsync(Volume);
        Task ending = Task.Run(() => _store.Board.ReportResult(
            WorkIds.ForRestore(record.Id), new WorkOutcome.Failed(new Failure("node-1", "", FailureCause.TargetUnusable, "Full."))));
        await write.EnteredAsync();

        Task stop = _engine.StopAsync(CancellationToken.None);

        await Task.WhenAny(stop, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        Assert.False(stop.IsCompleted);
        write.LetGo();
        await stop.WaitAsync(TimeSpan.FromMinutes(1));
        await ending;
        Assert.Equal(RestoreState.Failed, _records.Find(record.Id)!.State);
    }

    [Fact]
    public async Task Start_UnfinishedRestore_ItsWorkIsUpWhenStartReturns()
    {
        RestoreRecord record = await StartAsync(Volume);
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        _store.Board.Remove(WorkIds.ForRestore(record.Id));

        await StartEngineAsync();

        Assert.NotNull(ItemOf(record));
    }

    [Fact]
    public async Task Load_DamagedRecord_IsPassedOver()
    {
        RestoreRecord record = await StartAsync(Volume);
        FileStateHome home = new(_store.State);
        await File.WriteAllTextAsync(Path.Combine(_store.State, "restores", "x.json"), "{\"id\":");
        Assert.Equal(record.Id, Assert.Single(new RestoreStore(home, NullLogger<RestoreStore>.Instance).All).Id);
    }

    private void Connect(string name, Role role)
    {
        _connections[name] = new AgentConnection();
        _nodes.Connect(
            new NodeRecord { Name = name, Role = role, LastSeen = _clock.GetUtcNow(), CertificateNotAfter = _clock.GetUtcNow().AddHours(12) },
            _connections[name]);
    }

    private async Task StartEngineAsync(IStateHome? home = null, bool isStarted = true)
    {
        _records = new RestoreStore(home ?? new FileStateHome(_store.State), NullLogger<RestoreStore>.Instance);
        _engine = new RestoreEngine(
            _records,
            _clusterRestores = ClusterRestoreRecords.StoreIn(_store.State),
            new RestorePlanner(_store.Points, _store.Access, _nodes, new VolumeTargets(_nodes), _clock),
            _store.Board,
            _nodes,
            new RestoreOptions(),
            new AuditLog(Audit, _clock, NullLogger<AuditLog>.Instance),
            _clock,
            NullLogger<RestoreEngine>.Instance);
        if (isStarted)
        {
            await _engine.StartAsync(CancellationToken.None);
        }
    }

    private WorkItem ItemOf(RestoreRecord record) => _store.Board.Find(WorkIds.ForRestore(record.Id))!;

    private Task<RestoreRecord> StartAsync(SourceKey source, Action<Wire.StartRestoreRequest>? change = null)
    {
        Wire.StartRestoreRequest request = new() { PointId = _point.Id.ToString(), Source = SourceMapping.ToWire(source) };
        change?.Invoke(request);
        return _engine.StartAsync(request, "alice", CancellationToken.None);
    }

    private Task<RpcException> RefusedAsync(StatusCode code, SourceKey source, Action<Wire.StartRestoreRequest> change) =>
        Rpc.RefusedAsync(code, StartAsync(source, change));

    private async Task<RestoreRecord> UntilAsync(RestoreRecord record, RestoreState state, TimeSpan? step = null)
    {
        await _clock.AdvanceUntilAsync(() => _records.Find(record.Id)?.State == state, step ?? TimeSpan.FromMilliseconds(250), TimeSpan.FromMinutes(30));
        return _records.Find(record.Id)!;
    }
}
