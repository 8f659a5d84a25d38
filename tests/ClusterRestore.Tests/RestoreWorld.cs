using System.Text.Json;
using K8sBackup.Agent.Hosting;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>Three control-plane nodes with real etcds under simulated kubelets, their agents, a coordinator, and one backup.</summary>
internal sealed class RestoreWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<AgentInProcess> _agents = [];

    private RestoreWorld() => Plane = new SimulatedControlPlane(_directory.Path, 3, TimeProvider.System);

    public SimulatedControlPlane Plane { get; }

    public IReadOnlyList<AgentInProcess> Agents => _agents;

    public CoordinatorInProcess Coordinator { get; private set; } = null!;

    /// <summary>Keys and values when the backup was made.</summary>
    public string Contents { get; private set; } = "";

    /// <summary>A revision the snapshot has, before its newest, and what was there then.</summary>
    public long Halfway { get; private set; }

    public string HalfwayContents { get; private set; } = "";

    /// <summary>Keys and values when the restore began.</summary>
    public string LaterContents { get; private set; } = "";

    private SimulatedNode First => Plane.Nodes[0];

    public static async Task<RestoreWorld> StartAsync(TimeSpan? podPatience = null)
    {
        RestoreWorld world = new();
        try
        {
            await world.FillAsync(podPatience ?? TimeSpan.FromMinutes(2));
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Everything a client can read, in order; the bump's key without a name is nobody's.</summary>
    public static async Task<string> ReadAllAsync(SimulatedNode node)
    {
        string all = await SimulatedControlPlane.EtcdctlAsync(node, "get", "", "--from-key");
        return all.StartsWith("\n\n", StringComparison.Ordinal) ? all[2..] : all;
    }

    public async Task<Restore> PlanAsync(Action<PlanClusterRestoreRequest>? change = null)
    {
        PlanClusterRestoreRequest request = new() { PointId = "latest", Source = new SourceKey { Node = First.Name, Kind = SourceKind.Etcd, Name = "main" } };
        await foreach (Snapshot snapshot in SnapshotsAsync())
        {
            request.Source = snapshot.Source;
        }

        change?.Invoke(request);
        return await Coordinator.Client.PlanClusterRestoreAsync(request);
    }

    public async Task ConfirmAsync(Restore plan) =>
        await Coordinator.Client.ConfirmClusterRestoreAsync(new ConfirmClusterRestoreRequest { RestoreId = plan.Id, Cluster = CoordinatorInProcess.Cluster });

    public async Task<Restore> GetAsync(Restore restore) => await Coordinator.Client.GetRestoreAsync(new GetRestoreRequest { RestoreId = restore.Id });

    /// <summary>Waits for a state of the restore.</summary>
    public async Task<Restore> UntilAsync(Restore restore, Func<Restore, bool> state)
    {
        using CancellationTokenSource deadline = new(Patience);
        Restore now = await GetAsync(restore);
        while (!state(now))
        {
            Assert.False(deadline.IsCancellationRequested, $"{now}\n{string.Join("\n--\n", Plane.Kubelets.Select(k => string.Join('\n', k.OutputOf(SimulatedNode.EtcdManifest).Split('\n').TakeLast(15))))}");
            await Task.Delay(Poll, TimeProvider.System, CancellationToken.None);
            now = await GetAsync(restore);
        }

        return now;
    }

    public Task<Restore> UntilOverAsync(Restore restore) => UntilAsync(restore, now => now.Interval.FinishedAt is not null);

    public async ValueTask DisposeAsync()
    {
        foreach (AgentInProcess agent in _agents)
        {
            await agent.DisposeAsync();
        }

        if (Coordinator is not null)
        {
            await Coordinator.DisposeAsync();
        }

        await Plane.DisposeAsync();
        _directory.Dispose();
    }

    private async Task FillAsync(TimeSpan podPatience)
    {
        ClusterRestoreOptions options = new() { PodPatience = podPatience, RetryPause = TimeSpan.FromMilliseconds(200) };
        Task plane = Plane.StartAsync();
        Coordinator = await CoordinatorInProcess.StartNewAsync(Path.Combine(_directory.Path, "coordinator"), options);
        await plane;
        foreach (SimulatedNode node in Plane.Nodes)
        {
            await AddAgentAsync(node);
        }

        for (int i = 0; i < 10; i++)
        {
            await SimulatedControlPlane.EtcdctlAsync(First, "put", $"/registry/configmaps/default/c{i}", $"value {i}");
            if (i == 5)
            {
                (Halfway, HalfwayContents) = (await RevisionAsync(), await ReadAllAsync(First));
            }
        }

        Contents = await ReadAllAsync(First);
        await BackUpAsync();
        await SimulatedControlPlane.EtcdctlAsync(First, "put", "/registry/configmaps/default/c0", "changed");
        await SimulatedControlPlane.EtcdctlAsync(First, "del", "/registry/configmaps/default/c1");
        await SimulatedControlPlane.EtcdctlAsync(First, "put", "/registry/configmaps/default/new", "new");
        LaterContents = await ReadAllAsync(First);
    }

    private async Task<long> RevisionAsync()
    {
        string answer = await SimulatedControlPlane.EtcdctlAsync(First, "get", "nothing", "-w", "json");
        return JsonDocument.Parse(answer).RootElement.GetProperty("header").GetProperty("revision").GetInt64();
    }

    private async Task AddAgentAsync(SimulatedNode node)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_directory.Path, "agents", node.Name)).FullName;
        CreateJoinTokenResponse token = await Coordinator.Client.CreateJoinTokenAsync(new CreateJoinTokenRequest { Role = Role.ControlPlane, Node = node.Name });
        string file = Path.Combine(folder, "token");
        await File.WriteAllTextAsync(file, token.Token);
        AgentInProcess agent = new(new AgentOptions
        {
            Coordinators = [Coordinator.Address],
            Node = node.Name,
            JoinTokenFile = file,
            StateDirectory = Path.Combine(folder, "state"),
            HostRoot = node.Root,
            SpoolDirectory = Path.Combine(folder, "spool"),
            DrillDirectory = Path.Combine(folder, "drills"),
        });
        _agents.Add(agent);
        await agent.StartAsync();
    }

    private async Task BackUpAsync()
    {
        await File.WriteAllTextAsync(
            Path.Combine(Coordinator.Plans, "etcd.yaml"),
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: etcd\nspec:\n  sources:\n  - etcd: {{}}\n    nodes:\n    - names: [{First.Name}]\n");
        using CancellationTokenSource deadline = new(Patience);
        while ((await Coordinator.Client.ListPlansAsync(new ListPlansRequest(), cancellationToken: deadline.Token)).Plans.Count == 0 || await ConnectedAsync(deadline.Token) < 3)
        {
            await Task.Delay(Poll, TimeProvider.System, deadline.Token);
        }

        Run run = await Coordinator.Client.StartRunAsync(new StartRunRequest { Plan = "etcd" });
        while (run.State == RunState.Running)
        {
            await Task.Delay(Poll, TimeProvider.System, deadline.Token);
            run = await Coordinator.Client.GetRunAsync(new GetRunRequest { RunId = run.Id });
        }

        Assert.True(run.State == RunState.Completed, $"{run}");
    }

    private async Task<int> ConnectedAsync(CancellationToken cancellationToken) =>
        (await Coordinator.Client.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken)).NodesConnected;

    private async IAsyncEnumerable<Snapshot> SnapshotsAsync()
    {
        foreach (Snapshot snapshot in (await Coordinator.Client.GetPointAsync(new GetPointRequest { PointId = "latest" })).Snapshots)
        {
            yield return snapshot;
        }
    }
}
