using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Coordinator.Tests.Runs;
using K8sBackup.Coordinator.Tests.Volumes;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Settings.Yaml;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Dumps;

/// <summary>A run engine over a real repository, with pods whose commands do as told. The repository is checked at the end, every byte.</summary>
internal sealed class DumpWorld : IAsyncDisposable
{
    private readonly IClusterView _view;
    private readonly IPodCommands _commands;
    private readonly UploadLimits? _limits;
    private PodDumps _dumps = null!;
    private RunEngine _engine = null!;
    private RunStore _runs = null!;

    private DumpWorld(TestStore store, IClusterView? view, IPodCommands? commands, UploadLimits? limits)
    {
        Store = store;
        _limits = limits;
        _view = view ?? Cluster;
        _commands = commands ?? Commands;
    }

    public TestStore Store { get; }

    public TestCluster Cluster { get; } = new();

    public FakePodCommands Commands { get; } = new();

    /// <summary>Only the time of commands goes by it.</summary>
    public ManualTimeProvider Clock { get; } = new();

    public static async Task<DumpWorld> CreateAsync(IClusterView? view = null, IPodCommands? commands = null, UploadLimits? limits = null)
    {
        DumpWorld world = new(await TestStore.CreateAsync(limits), view, commands, limits);
        world.Boot();
        return world;
    }

    /// <summary>Starts a run of a plan with these sources, as YAML.</summary>
    public RunId Start(string sources)
    {
        List<YamlFault> faults = [];
        BackupPlan? plan = PlanParser.Parse(
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: nightly}}\nspec:\n  sources: {sources}\n", "nightly.yaml", faults);
        Assert.Empty(faults);
        return _engine.Start(plan!, "test", "").Run.Id;
    }

    public RunRecord Get(RunId id) => _runs.Find(id)!;

    public void Cancel(RunId id) => _engine.Cancel(id, "alice");

    public async Task<RunRecord> OverAsync(RunId id)
    {
        await Eventually.TrueAsync(() => Get(id).IsOver);
        return Get(id);
    }

    public Task<RunRecord> RunAsync(string sources) => OverAsync(Start(sources));

    /// <summary>The process ends and another begins: only files and the store are left.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await Store.RestartAsync();
        Boot();
        await _engine.StartAsync(CancellationToken.None);
    }

    /// <summary>The snapshot of a source, with its files.</summary>
    public async Task<(SnapshotManifest Manifest, Dictionary<string, byte[]> Files)> ReadAsync(RunSource source)
    {
        using RepositoryLease lease = Store.Access.Enter();
        SnapshotManifest manifest = (await lease.Repository.Catalog.GetSnapshotAsync(source.Snapshot!.Value, CancellationToken.None))!;
        return (manifest, await TestBackup.RestoreAsync(lease.Repository, manifest));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Store.DisposeAsync();
    }

    private async Task StopAsync()
    {
        await _engine.StopAsync(CancellationToken.None);
        _engine.Dispose();
        _dumps.Dispose();
    }

    private void Boot()
    {
        FileStateHome home = new(Store.State);
        NodeRegistry nodes = new(home, TimeProvider.System);
        _runs = new RunStore(home, 10, NullLogger<RunStore>.Instance);
        _dumps = new PodDumps(
            new UploadServices("prod", Store.Ledgers, Store.Board, Store.Access, Store.Snapshots, _limits ?? UploadLimits.Default, Clock, NullLogger<UploadService>.Instance), _commands);
        RestorePointSink points = new(Store.Access, null);
        RunServices services = new(
            "prod", _runs, Store.Board, new NodeSlots(Store.Board, 2), nodes, Store.Snapshots, points, TimeProvider.System, NullLogger<RunEngine>.Instance)
        {
            Commands = _commands,
            Dumps = _dumps,
            View = _view,
        };
        _engine = new RunEngine(services, 8);
    }
}
