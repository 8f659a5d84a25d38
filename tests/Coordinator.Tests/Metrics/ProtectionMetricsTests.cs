using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Metrics;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Drills;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Metrics;

/// <summary>Over a repository in memory, with the plans and runs of a run world.</summary>
public sealed class ProtectionMetricsTests : IAsyncLifetime
{
    private const string Volumes = "k8sbackup_last_good_timestamp_seconds{plan=\"daily\",kind=\"volume\"}";
    private const string Etcd = "k8sbackup_last_good_timestamp_seconds{plan=\"daily\",kind=\"etcd\"}";

    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");

    private readonly RunWorld _world = new();
    private TestStore _store = null!;
    private StoreObserver _observer = null!;
    private ProtectionMetrics _metrics = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        CoverageSurvey survey = new(_world.Plans, _world.Nodes, new LastGoodFinder(_store.Access));
        _observer = new StoreObserver(_store.Access, _world.Plans, survey, new DrillDirectory(_store.Access), _world.Clock, NullLogger<StoreObserver>.Instance);
        _metrics = new ProtectionMetrics(_observer, _world.Store, _world.Plans);
        _world.Plan("  sources:\n  - etcd: {}\n  - volume: {name: data, path: /srv/data}\n    nodes: [{names: [w-1]}]", "daily");
        _world.Connect("w-1");
        _world.Connect("cp-1", Role.ControlPlane);
    }

    public async Task DisposeAsync()
    {
        _observer.Dispose();
        await _world.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public void Read_BeforeTheStoreWasRead_SaysNothingOfIt() =>
        Assert.Equal(["k8sbackup_observation_failures_total"], Read().Metrics.Keys);

    [Fact]
    public async Task LastGood_IsThatOfTheNewestCompleteOne_AndZeroForNone()
    {
        RestorePointManifest point = await PointAsync();
        SnapshotManifest incomplete = await _store.BackUpAsync(Data, async agent =>
        {
            Transport.V1.Finish finish = await agent.TreeAsync(await agent.FileAsync("f", new byte[5]));
            finish.Outcome = Transport.V1.Outcome.PartiallyFailed;
            return finish;
        });
        await _store.CommitPointAsync(incomplete);

        await _observer.ObserveAsync(CancellationToken.None);

        Exposition page = Read();
        Assert.Equal(RunMetrics.Seconds(point.StartedAt), page[Volumes]);
        Assert.Equal(0, page[Etcd]);
        Assert.Equal(RunMetrics.Seconds(_world.Clock.GetUtcNow()), page["k8sbackup_observation_timestamp_seconds"]);
    }

    [Fact]
    public async Task LastGood_RunThatEndedSinceTheStoreWasRead_IsKnownAtOnce()
    {
        await PointAsync();
        await _observer.ObserveAsync(CancellationToken.None);
        DateTimeOffset later = TimeProvider.System.GetUtcNow().AddYears(1);

        Save(later, committed: true, SourceState.Completed);
        Assert.Equal(RunMetrics.Seconds(later), Read()[Volumes]);

        // Neither without a restore point nor with something missing.
        Save(later.AddHours(1), committed: false, SourceState.Completed);
        Save(later.AddHours(2), committed: true, SourceState.PartiallyFailed);
        Assert.Equal(RunMetrics.Seconds(later), Read()[Volumes]);
    }

    [Fact]
    public async Task Coverage_IsCountedByKindAndState_NamingNobody()
    {
        await PointAsync();

        await _observer.ObserveAsync(CancellationToken.None);

        Exposition page = Read();
        Assert.Equal(1, page["k8sbackup_coverage{kind=\"path\",state=\"protected\"}"]);
        Assert.Equal(1, page["k8sbackup_coverage{kind=\"etcd\",state=\"unprotected\"}"]);
        Assert.Equal((1, 1), (page["k8sbackup_coverage{kind=\"node\",state=\"unprotected\"}"], page["k8sbackup_coverage{kind=\"node\",state=\"excluded\"}"]));
        int series = Enum.GetValues<CoverageKind>().Length * Enum.GetValues<CoverageState>().Length;
        Assert.Equal(series, page.Values.Keys.Count(name => name.StartsWith("k8sbackup_coverage", StringComparison.Ordinal)));
        Assert.Equal(0, page["k8sbackup_coverage{kind=\"host_path\",state=\"protected\"}"]);
        Assert.DoesNotContain(page.Values.Keys, name => name.Contains("/srv/data", StringComparison.Ordinal) || name.Contains("w-1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(DrillVerdict.Passed, 1)]
    [InlineData(DrillVerdict.Failed, 0)]
    public async Task Drill_TheNewestCounts(DrillVerdict verdict, int success)
    {
        SnapshotManifest snapshot = await SnapshotAsync();
        RestorePointManifest point = await _store.CommitPointAsync(snapshot);
        await _observer.ObserveAsync(CancellationToken.None);
        Assert.DoesNotContain("k8sbackup_drill_success", Read().Metrics.Keys);
        DrillDirectory drills = new(_store.Access);
        DrillRecord drill = SampleDrill.Of(snapshot, point, TimeProvider.System, verdict);
        Assert.True(await drills.RecordAsync(drill, CancellationToken.None));

        await _observer.ObserveAsync(CancellationToken.None);

        Exposition page = Read();
        Assert.Equal(success, page["k8sbackup_drill_success{kind=\"volume\"}"]);
        Assert.Equal(2, page["k8sbackup_drill_recovery_seconds{kind=\"volume\"}"]);
        Assert.Equal(RunMetrics.Seconds(drill.EndedAt), page["k8sbackup_drill_timestamp_seconds{kind=\"volume\"}"]);
    }

    [Fact]
    public async Task Observe_StoreFails_IsCountedAndTheFormerValuesStay()
    {
        RestorePointManifest point = await PointAsync();
        await _observer.ObserveAsync(CancellationToken.None);
        _store.Store.Add(new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.List | StoreOperations.Get });

        await _observer.ObserveAsync(CancellationToken.None);

        Exposition page = Read();
        Assert.Equal(1, page["k8sbackup_observation_failures_total"]);
        Assert.Equal(RunMetrics.Seconds(point.StartedAt), page[Volumes]);
    }

    private Exposition Read() => Exposition.Parse(MetricText.Format(_metrics.Read()));

    private Task<SnapshotManifest> SnapshotAsync() =>
        _store.BackUpFileAsync(Data);

    private async Task<RestorePointManifest> PointAsync() => await _store.CommitPointAsync(await SnapshotAsync());

    private void Save(DateTimeOffset started, bool committed, SourceState state) => _world.Store.Save(new RunRecord
    {
        Id = RunId.Create(TimeProvider.System),
        Plan = "daily",
        State = state == SourceState.Completed && committed ? RunState.Completed : RunState.PartiallyFailed,
        StartedAt = started,
        FinishedAt = started,
        PointCommitted = committed,
        Sources = [new RunSource { Source = Data, Task = "", State = state }],
        StartedBy = "anna",
        MaxConcurrent = 1,
        NodeWait = TimeSpan.Zero,
    });
}
