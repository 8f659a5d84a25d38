using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Settings.Yaml;
using K8sBackup.TestKit;
using K8sBackup.TestKit.Time;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Runs;

/// <summary>A run engine with a clock moved by hand, nodes that come and go at a word, and a repository in memory.</summary>
internal sealed class RunWorld : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, AgentConnection> _connections = [];

    private readonly IClusterView? _view;
    private readonly Func<IStateHome, IStateHome> _home;

    public RunWorld(IClusterView? view = null, Func<IStateHome, IStateHome>? home = null)
    {
        _view = view;
        _home = home ?? (files => files);
        Nodes = new NodeRegistry(new FileStateHome(_directory.Path), Clock);
        Plans = new PlanDirectory(Directory.CreateDirectory(Path.Combine(_directory.Path, "plans")).FullName);
        Boot();
    }

    public ManualTimeProvider Clock { get; } = new();

    public FakeRepository Repository { get; } = new();

    public NodeRegistry Nodes { get; }

    public PlanDirectory Plans { get; }

    public WorkBoard Board { get; private set; } = null!;

    public RunStore Store { get; private set; } = null!;

    public RunEngine Engine { get; private set; } = null!;

    public RunScheduler Scheduler { get; private set; } = null!;

    public FakePodCommands Commands { get; } = new();

    public FakePodDumps Dumps { get; } = new();

    public int PerNode { get; set; } = 2;

    public void Connect(string node, Role role = Role.Worker, params (string Key, string Value)[] labels)
    {
        AgentConnection connection = _connections[node] = new AgentConnection();
        Nodes.Connect(
            new NodeRecord
            {
                Name = node,
                Role = role,
                Labels = labels.ToDictionary(l => l.Key, l => l.Value),
                LastSeen = Clock.GetUtcNow(),
                CertificateNotAfter = Clock.GetUtcNow(),
            },
            connection);
    }

    public void Disconnect(string node) => Nodes.Disconnect(node, _connections[node]);

    /// <summary>A plan in force; the spec is given as YAML at the depth of the plan's fields.</summary>
    public BackupPlan Plan(string spec, string name = "nightly")
    {
        string text = $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata: {{name: {name}}}\nspec:\n{spec}\n";
        File.WriteAllText(Path.Combine(_directory.Path, "plans", $"{name}.yaml"), text);
        Plans.Reload();
        List<YamlFault> faults = [];
        BackupPlan? plan = PlanParser.Parse(text, $"{name}.yaml", faults);
        Assert.Empty(faults);
        return plan!;
    }

    public Task UntilAsync(Func<bool> condition, TimeSpan? limit = null) =>
        Clock.AdvanceUntilAsync(condition, TimeSpan.FromSeconds(1), limit ?? TimeSpan.FromMinutes(30));

    public RunRecord Get(RunId id) => Store.Find(id)!;

    public async Task<RunRecord> OverAsync(RunId id)
    {
        await UntilAsync(() => Get(id).IsOver);
        return Get(id);
    }

    public async Task<WorkItem> WorkAsync(RunId run, SourceKey source)
    {
        await UntilAsync(() => Board.Find(WorkIds.ForBackup(run, source)) is not null);
        return Board.Find(WorkIds.ForBackup(run, source))!;
    }

    /// <summary>Ends the source's work with a snapshot, as the upload service would.</summary>
    public async Task CommitAsync(RunId run, SourceKey source, SnapshotOutcome outcome = SnapshotOutcome.Completed)
    {
        WorkItem item = await WorkAsync(run, source);
        Board.ReportResult(item.WorkId, new WorkOutcome.SnapshotCommitted(Repository.Commit(run, source, outcome)));
    }

    public async Task FailAsync(RunId run, SourceKey source)
    {
        WorkItem item = await WorkAsync(run, source);
        Board.ReportResult(item.WorkId, new WorkOutcome.Failed(new Failure(source.Node, source.ToString(), FailureCause.SourceMissing, "gone")));
    }

    /// <summary>The process ends and another begins: only files are left.</summary>
    public async Task RestartAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        Engine.Dispose();
        Boot();
        await Engine.StartAsync(CancellationToken.None);
    }

    /// <summary>The process is killed and another begins: of what it would still write nothing is there.</summary>
    public async Task KillAsync()
    {
        string folder = Path.Combine(_directory.Path, "runs");
        Dictionary<string, byte[]> left = Directory.GetFiles(folder, "*.json").ToDictionary(file => file, File.ReadAllBytes);
        await Engine.StopAsync(CancellationToken.None);
        Engine.Dispose();
        foreach ((string file, byte[] content) in left)
        {
            await File.WriteAllBytesAsync(file, content);
        }

        Boot();
        await Engine.StartAsync(CancellationToken.None);
    }

    /// <summary>A run as an earlier process left it is taken up.</summary>
    public async Task TakeUpAsync(RunRecord run)
    {
        Store.Create(run);
        await RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        Engine.Dispose();
        Scheduler.Dispose();
        foreach (AgentConnection connection in _connections.Values)
        {
            connection.Dispose();
        }

        _directory.Dispose();
    }

    private void Boot()
    {
        Board = new WorkBoard();
        Store = new RunStore(_home(new FileStateHome(_directory.Path)), 10, NullLogger<RunStore>.Instance);
        Engine = new RunEngine(
            new RunServices("prod", Store, Board, new NodeSlots(Board, PerNode), Nodes, Repository, Repository, Clock, NullLogger<RunEngine>.Instance) { Commands = Commands, Dumps = Dumps, View = _view }, 8);
        Scheduler = new RunScheduler(
            new FileStateHome(_directory.Path), Plans, Engine, Store, Clock, NullLogger<RunScheduler>.Instance);
    }
}
