using System.Text.Json;
using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ControlPlane;
using K8sBackup.Transport.V1;

namespace K8sBackup.ClusterRestore.Tests;

/// <summary>
/// Three control-plane nodes in networks of their own, with real etcds under simulated kubelets, their agents' processes, a
/// coordinator, and one backup. The second node's etcd keeps its log in a directory of its own.
/// </summary>
internal sealed class RestoreWorld : IAsyncDisposable
{
    public const string LeasedKey = "/registry/events/default/leased";

    private const int NodeCount = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryDirectory _directory = new();
    private readonly List<AgentProcess> _agents = [];
    private NodeNetwork? _network;

    private RestoreWorld()
    {
    }

    public SimulatedControlPlane Plane { get; private set; } = null!;

    public IReadOnlyList<AgentProcess> Agents => _agents;

    public CoordinatorInProcess Coordinator { get; private set; } = null!;

    /// <summary>The lease that <see cref="LeasedKey"/> hangs on.</summary>
    public string Lease { get; private set; } = "";

    /// <summary>Keys and values when the backup was made, without what API servers wrote of themselves.</summary>
    public string Contents { get; private set; } = "";

    /// <summary>A revision the snapshot has, before its newest, and what was there then.</summary>
    public long Halfway { get; private set; }

    public string HalfwayContents { get; private set; } = "";

    /// <summary>Keys and values when the restore began.</summary>
    public string LaterContents { get; private set; } = "";

    private SimulatedNode First => Plane.Nodes[0];

    public static async Task<RestoreWorld> StartAsync(string etcdProgram, TimeSpan? podPatience = null)
    {
        RestoreWorld world = new();
        try
        {
            await world.FillAsync(etcdProgram, podPatience ?? TimeSpan.FromMinutes(2));
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

    /// <summary>Waits for what kubelets do by themselves.</summary>
    public static async Task EventuallyAsync(Func<bool> state)
    {
        using CancellationTokenSource deadline = new(Patience);
        while (!state())
        {
            await Task.Delay(Poll, TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>The snapshot of etcd that the backup made.</summary>
    public async Task<Snapshot> SnapshotAsync() => Assert.Single((await Coordinator.Client.GetPointAsync(new GetPointRequest { PointId = "latest" })).Snapshots);

    public async Task<Restore> PlanAsync(Action<PlanClusterRestoreRequest>? change = null)
    {
        PlanClusterRestoreRequest request = new() { PointId = "latest" };
        request.Source = (await SnapshotAsync()).Source;
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
            Assert.False(deadline.IsCancellationRequested, $"{now}\n{Printed()}");
            await Task.Delay(Poll, TimeProvider.System, CancellationToken.None);
            now = await GetAsync(restore);
        }

        return now;
    }

    public Task<Restore> UntilOverAsync(Restore restore) => UntilAsync(restore, now => now.Interval.FinishedAt is not null);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_agents.Select(agent => agent.DisposeAsync().AsTask()));
        if (Coordinator is not null)
        {
            await Coordinator.DisposeAsync();
        }

        if (Plane is not null)
        {
            await Plane.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        _directory.Dispose();
    }

    private async Task FillAsync(string etcdProgram, TimeSpan podPatience)
    {
        ClusterRestoreOptions options = new() { PodPatience = podPatience, RetryPause = TimeSpan.FromMilliseconds(200) };
        _network = await NodeNetwork.CreateAsync(NodeCount);
        SimulatedPlaneOptions plane = new() { Nodes = NodeCount, EtcdProgram = etcdProgram, Network = _network, NodeWithOwnWal = 2 };
        Coordinator = await CoordinatorInProcess.StartNewAsync(Path.Combine(_directory.Path, "coordinator"), _network.HostAddress, options);
        Plane = await SimulatedControlPlane.StartAsync(_directory.Path, plane, TimeProvider.System);
        foreach (SimulatedNode node in Plane.Nodes)
        {
            CreateJoinTokenResponse token = await Coordinator.Client.CreateJoinTokenAsync(new CreateJoinTokenRequest { Role = Role.ControlPlane, Node = node.Name });
            _agents.Add(new AgentProcess(node, Coordinator.Address, token.Token, Path.Combine(_directory.Path, "agents", node.Name)));
        }

        string granted = await SimulatedControlPlane.EtcdctlAsync(First, "lease", "grant", "3600");
        Lease = granted.Split(' ')[1];
        await SimulatedControlPlane.EtcdctlAsync(First, "put", LeasedKey, "for an hour", $"--lease={Lease}");
        for (int i = 0; i < 10; i++)
        {
            await SimulatedControlPlane.EtcdctlAsync(First, "put", $"/registry/configmaps/default/c{i}", $"value {i}");
            if (i == 5)
            {
                (Halfway, HalfwayContents) = (await RevisionAsync(), await ReadAllAsync(First));
            }
        }

        Contents = await ReadAllAsync(First);
        // What an API server writes of itself is in the snapshot, and is not to come back.
        await SimulatedControlPlane.EtcdctlAsync(First, "put", $"/registry/masterleases/{First.Address}", "here", $"--lease={Lease}");
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

    // What may tell why a state does not come.
    private string Printed() => string.Join(
        "\n--\n",
        Plane.Kubelets.Select(kubelet => kubelet.OutputOf(SimulatedNode.EtcdManifest).Split('\n').TakeLast(15)).Select(lines => string.Join('\n', lines)).Concat(_agents.Select(agent => agent.Output())));

    private async Task BackUpAsync()
    {
        await File.WriteAllTextAsync(
            Path.Combine(Coordinator.Plans, "etcd.yaml"),
            $"apiVersion: k8sbackup.dev/v1alpha1\nkind: BackupPlan\nmetadata:\n  name: etcd\nspec:\n  sources:\n  - etcd: {{}}\n    nodes:\n    - names: [{First.Name}]\n");
        using CancellationTokenSource deadline = new(Patience);
        while ((await Coordinator.Client.ListPlansAsync(new ListPlansRequest())).Plans.Count == 0 || await ConnectedAsync() < NodeCount)
        {
            Assert.False(deadline.IsCancellationRequested, Printed());
            await Task.Delay(Poll, TimeProvider.System, CancellationToken.None);
        }

        Run run = await Coordinator.Client.StartRunAsync(new StartRunRequest { Plan = "etcd" });
        while (run.State == RunState.Running)
        {
            Assert.False(deadline.IsCancellationRequested, $"{run}\n{Printed()}");
            await Task.Delay(Poll, TimeProvider.System, CancellationToken.None);
            run = await Coordinator.Client.GetRunAsync(new GetRunRequest { RunId = run.Id });
        }

        Assert.True(run.State == RunState.Completed, $"{run}");
    }

    private async Task<int> ConnectedAsync() => (await Coordinator.Client.GetStatusAsync(new GetStatusRequest())).NodesConnected;
}
