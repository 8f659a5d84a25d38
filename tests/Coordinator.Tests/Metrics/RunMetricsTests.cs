using K8sBackup.Coordinator.Metrics;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Tests.Metrics;

public sealed class RunMetricsTests : IAsyncDisposable
{
    private const string Spec = "  sources:\n  - volume: {name: data, path: /srv/data}\n    nodes: [{names: [w-1]}]";

    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");

    private readonly RunWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Read_BeforeAndAfterRuns_CountsThemByPlanAndOutcome()
    {
        _world.Connect("w-1");
        BackupPlan plan = _world.Plan(Spec);
        RunMetrics metrics = new(_world.Store, _world.Plans);
        Exposition before = Read(metrics);
        Assert.Equal((0, 0), (before["k8sbackup_runs_total{plan=\"nightly\",outcome=\"completed\"}"], before["k8sbackup_runs_active"]));
        Assert.DoesNotContain("k8sbackup_last_run_success", before.Metrics.Keys);

        await EndAsync(plan, SnapshotOutcome.Completed);
        await EndAsync(plan, SnapshotOutcome.Completed);
        await EndAsync(plan, null);
        RunRecord last = await EndAsync(plan, SnapshotOutcome.PartiallyFailed);
        RunStart active = _world.Engine.Start(plan, "anna", "");

        Exposition page = Read(metrics);
        Assert.Equal(1, page["k8sbackup_runs_active"]);
        Assert.Equal(2, page["k8sbackup_runs_total{plan=\"nightly\",outcome=\"completed\"}"]);
        Assert.Equal(1, page["k8sbackup_runs_total{plan=\"nightly\",outcome=\"failed\"}"]);
        Assert.Equal(1, page["k8sbackup_runs_total{plan=\"nightly\",outcome=\"partially_failed\"}"]);
        Assert.Equal(0, page["k8sbackup_runs_total{plan=\"nightly\",outcome=\"cancelled\"}"]);
        Assert.Equal(2, page["k8sbackup_sources_total{kind=\"volume\",outcome=\"completed\"}"]);
        Assert.Equal(1, page["k8sbackup_sources_total{kind=\"volume\",outcome=\"failed\"}"]);
        Assert.Equal(0, page["k8sbackup_sources_total{kind=\"etcd\",outcome=\"failed\"}"]);
        Assert.Equal(0, page["k8sbackup_last_run_success{plan=\"nightly\"}"]);
        Assert.Equal(RunMetrics.Seconds(last.FinishedAt!.Value), page["k8sbackup_last_run_timestamp_seconds{plan=\"nightly\"}"]);
        Assert.Equal((last.FinishedAt.Value - last.StartedAt).TotalSeconds, page["k8sbackup_last_run_duration_seconds{plan=\"nightly\"}"]);
        Assert.NotEqual(last.Id, active.Run.Id);
    }

    [Fact]
    public void Read_CountsOfSnapshots_AreAddedUpByKind()
    {
        RunMetrics metrics = new(_world.Store, _world.Plans);
        SnapshotCounts counts = new() { Entries = 10, Files = 8, FileBytes = 1000, SentBytes = 300, StoredBytes = 200, Failed = 2, Changed = 1 };
        foreach (SourceKind kind in (SourceKind[])[SourceKind.Volume, SourceKind.Volume, SourceKind.Etcd])
        {
            _world.Store.Save(Ended(RunState.Completed, "nightly", new RunSource { Source = new SourceKey("w-1", kind, "data"), Task = "", State = SourceState.Completed, Counts = counts }));
        }

        Exposition page = Read(metrics);
        Assert.Equal((20, 4, 2), (page["k8sbackup_entries_total{kind=\"volume\"}"], page["k8sbackup_entries_failed_total{kind=\"volume\"}"], page["k8sbackup_entries_changed_total{kind=\"volume\"}"]));
        Assert.Equal((2000, 600, 400), (page["k8sbackup_snapshot_bytes_total{kind=\"volume\"}"], page["k8sbackup_sent_bytes_total{kind=\"volume\"}"], page["k8sbackup_stored_bytes_total{kind=\"volume\"}"]));
        Assert.Equal((1000, 0), (page["k8sbackup_snapshot_bytes_total{kind=\"etcd\"}"], page["k8sbackup_snapshot_bytes_total{kind=\"control-plane\"}"]));
    }

    [Fact]
    public void Read_PlansThatAreNotInForce_AreOneSeries()
    {
        RunMetrics metrics = new(_world.Store, _world.Plans);
        for (int i = 0; i < 50; i++)
        {
            _world.Store.Save(Ended(RunState.Failed, $"by-hand-{i}"));
        }

        Exposition page = Read(metrics);
        Assert.Equal(50, page["k8sbackup_runs_total{plan=\"\",outcome=\"failed\"}"]);
        Assert.Equal(4, page.Values.Keys.Count(series => series.StartsWith("k8sbackup_runs_total", StringComparison.Ordinal)));
        Assert.DoesNotContain(page.Values.Keys, series => series.Contains("by-hand", StringComparison.Ordinal));
    }

    [Fact]
    public void Read_RunSavedAgainAfterItsEndOrLoadedFromBefore_IsCountedOnce()
    {
        RunMetrics metrics = new(_world.Store, _world.Plans);
        RunRecord run = Ended(RunState.Failed, "nightly");
        _world.Store.Save(run);
        _world.Store.Save(run.WithNote("read again"));

        Assert.Equal(1, Read(metrics)["k8sbackup_runs_total{plan=\"\",outcome=\"failed\"}"]);
    }

    private static Exposition Read(RunMetrics metrics) => Exposition.Parse(MetricText.Format(metrics.Read()));

    private RunRecord Ended(RunState state, string plan, params RunSource[] sources) => new()
    {
        Id = RunId.Create(TimeProvider.System),
        Plan = plan,
        State = state,
        StartedAt = _world.Clock.GetUtcNow(),
        FinishedAt = _world.Clock.GetUtcNow(),
        Sources = sources,
        StartedBy = "anna",
        MaxConcurrent = 1,
        NodeWait = TimeSpan.Zero,
    };

    // Without an outcome the source fails.
    private async Task<RunRecord> EndAsync(BackupPlan plan, SnapshotOutcome? outcome)
    {
        RunId run = _world.Engine.Start(plan, "anna", "").Run.Id;
        await (outcome is { } made ? _world.CommitAsync(run, Data, made) : _world.FailAsync(run, Data));
        return await _world.OverAsync(run);
    }
}
