using System.Net;
using System.Text.RegularExpressions;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Drills;
using K8sBackup.Coordinator.Health;
using K8sBackup.Coordinator.Hosting;
using K8sBackup.Coordinator.Metrics;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.Opening;
using K8sBackup.Repository.Checking;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Repositories;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Metrics;

/// <summary>All of it, over HTTP.</summary>
public sealed partial class MetricsPageTests : IAsyncLifetime, IDisposable
{
    private static readonly SourceKey Data = new("w-1", SourceKind.Volume, "data");

    private readonly TemporaryDirectory _state = new();
    private readonly Lifetime _lifetime = new();
    private readonly RunWorld _world = new();
    private TestStore _store = null!;
    private OpenedStore _opened = null!;
    private readonly MaintenanceOutcomes _outcomes = new(TimeProvider.System);
    private StoreObserver _observer = null!;
    private HealthServer _server = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.CreateAsync();
        string place = Directory.CreateDirectory(Path.Combine(_state.Path, "store")).FullName;
        _opened = await StoreFactory.OpenAsync(StoreOptions.ForLocal(place), StoreUse.Existing, TimeProvider.System, CancellationToken.None);
        CoverageSurvey survey = new(_world.Plans, _world.Nodes, new LastGoodFinder(_store.Access));
        _observer = new StoreObserver(_store.Access, _world.Plans, survey, new DrillDirectory(_store.Access), _world.Clock, NullLogger<StoreObserver>.Instance);
        _world.Plan("  sources:\n  - volume: {name: data, path: /srv/data}\n    nodes: [{names: [w-1]}]", "daily");
        _server = (await HealthServer.StartAsync(Options(), CancellationToken.None))!;
        _server.Follow(_lifetime, new MetricsPage(
        [
            new ProcessMetrics(leads: true),
            new FleetMetrics(_world.Nodes),
            new RunMetrics(_world.Store, _world.Plans),
            new ProtectionMetrics(_observer, _world.Store, _world.Plans),
            new StoreMetrics(_opened, new FakeRepository()),
            new MaintenanceMetrics(_outcomes),
        ]));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _observer.Dispose();
        await _world.DisposeAsync();
        await _store.DisposeAsync();
    }

    public void Dispose()
    {
        _opened.Dispose();
        _lifetime.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task Get_FromTheFirstMomentToTheLast_SaysWhetherItLeads()
    {
        Assert.Equal((0, 503), await LeadsAndReadyAsync());
        _lifetime.Start();
        Assert.Equal((1, 200), await LeadsAndReadyAsync());
        _lifetime.StopApplication();
        Assert.Equal((0, 503), await LeadsAndReadyAsync());
    }

    [Fact]
    public async Task Get_ACoordinatorWithEverything_ServesWhatTheDocumentsList()
    {
        _world.Connect("w-1");
        _world.Connect("w-2");
        _world.Disconnect("w-2");
        SnapshotManifest snapshot = await _store.BackUpFileAsync(Data);
        RestorePointManifest point = await _store.CommitPointAsync(snapshot);
        Assert.True(await new DrillDirectory(_store.Access).RecordAsync(SampleDrill.Of(snapshot, point, TimeProvider.System), CancellationToken.None));
        await _observer.ObserveAsync(CancellationToken.None);
        await _opened.Store.PutIfAbsentAsync("some", new byte[100], CancellationToken.None);
        _world.Plan("  sources:\n  - volume: {name: data, path: /srv/data}\n    nodes: [{names: [w-1]}]", "daily");
        RunId run = _world.Engine.Start(_world.Plans.Current.Plans[0], "anna", "").Run.Id;
        await _world.CommitAsync(run, Data);
        await _world.OverAsync(run);
        _outcomes.Note(await RepositoryChecker.RunAsync(_store.Store, _store.Keys, new CheckOptions(), TimeProvider.System, null, CancellationToken.None));
        _lifetime.Start();

        Exposition page = await GetAsync();

        Assert.Equal((2, 1), (page["k8sbackup_agents_expected"], page["k8sbackup_agents_connected"]));
        Assert.Equal((1, 0), (page["k8sbackup_store_calls_total{operation=\"put\"}"], page["k8sbackup_store_failures_total{operation=\"put\"}"]));
        Assert.Equal(100, page["k8sbackup_store_bytes_total{direction=\"written\"}"]);
        Assert.Equal(3, page["k8sbackup_store_objects"]);
        Assert.Equal((0, 0), (page["k8sbackup_check_problems"], page["k8sbackup_prune_timestamp_seconds"]));
        Assert.InRange(page["k8sbackup_check_timestamp_seconds"], 1e9, 1e11);
        Assert.Equal(Documented().Order(StringComparer.Ordinal), page.Metrics.Select(m => $"{m.Key} {m.Value.Type}").Order(StringComparer.Ordinal));
    }

    // Rows of the table: | `name` (`label`, ...) | type | what it says |
    private static IEnumerable<string> Documented()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "K8sBackupAgent.sln")))
        {
            folder = folder.Parent!;
        }

        return File.ReadLines(Path.Combine(folder.FullName, "docs/operations/monitoring.md"))
            .Select(line => Row().Match(line)).Where(match => match.Success).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}");
    }

    private async Task<(double Leads, int Ready)> LeadsAndReadyAsync()
    {
        using HttpClient client = new();
        using HttpResponseMessage ready = await client.GetAsync(new Uri($"http://{Address}/readyz"));
        return ((await GetAsync())["k8sbackup_leader"], (int)ready.StatusCode);
    }

    private async Task<Exposition> GetAsync()
    {
        using HttpClient client = new();
        using HttpResponseMessage answer = await client.GetAsync(new Uri($"http://{Address}{HealthServer.MetricsPath}"));
        Assert.Equal((HttpStatusCode.OK, MetricText.ContentType), (answer.StatusCode, answer.Content.Headers.ContentType!.ToString()));
        return Exposition.Parse(await answer.Content.ReadAsStringAsync());
    }

    private string Address => File.ReadAllText(Path.Combine(_state.Path, "health-address")).Trim();

    private CoordinatorOptions Options() => new()
    {
        Cluster = "prod",
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        Health = new IPEndPoint(IPAddress.Loopback, 0),
        Hosts = [],
        State = _state.Path,
        Plans = "",
        Store = new StoreOptions(),
        KeyFile = "",
    };

    [GeneratedRegex(@"^\| `(k8sbackup_[a-z_]+)`[^|]*\| (gauge|counter) \|")]
    private static partial Regex Row();

    private sealed class Lifetime : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _started = new();
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => _started.Token;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void Start() => _started.Cancel();

        public void StopApplication() => _stopping.Cancel();

        public void Dispose()
        {
            _started.Dispose();
            _stopping.Dispose();
        }
    }
}
