using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.OperatorApi;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.ClusterRestores;

/// <summary>
/// The engine over a real store and journal, with model nodes that take work off the board. Killed at a write of the
/// journal it loses everything in memory, and starts again.
/// </summary>
internal sealed class EngineWorld : IAsyncDisposable
{
    public static readonly SourceKey Etcd = new("cp-1", SourceKind.Etcd, "main");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestStore _data;
    private readonly JumpingClock _clock = new();
    private readonly ModelCluster _model = new(3);
    private readonly Dictionary<string, AgentConnection> _connections = new(StringComparer.Ordinal);
    private readonly ClusterRestoreOptions _options = new() { Interval = TimeSpan.FromMilliseconds(2), RetryPause = TimeSpan.FromMilliseconds(5), AwayPatience = TimeSpan.FromMilliseconds(200) };
    private readonly RestorePointManifest _point;
    private readonly NodeRegistry _nodes;
    private WorkBoard _board = new();
    private CancellationTokenSource _agents = new();
    private Task _working = Task.CompletedTask;
    private int _saves;
    private volatile bool _isDead;

    private EngineWorld(TestStore data, RestorePointManifest point)
    {
        (_data, _point) = (data, point);
        _nodes = new NodeRegistry(new FileStateHome(data.State), TimeProvider.System);
        foreach (ModelNode node in Nodes)
        {
            Connect(node.Name, Role.ControlPlane);
        }

        Connect("worker-1", Role.Worker);
    }

    public IReadOnlyList<ModelNode> Nodes => _model.Nodes;

    public IReadOnlyList<string> Violations => _model.Violations;

    public ClusterRestoreEngine Engine { get; private set; } = null!;

    public ClusterRestoreStore Store { get; private set; } = null!;

    /// <summary>The write of the journal, counted from 1, before which the coordinator is killed; 0 for none.</summary>
    public int KillBeforeSave { get; set; }

    public bool WasKilled { get; private set; }

    /// <summary>Called in every write of the journal, by whoever writes.</summary>
    public Action BeforeSave { get; set; } = () => { };

    /// <summary>What the engine logged.</summary>
    public LogLines<ClusterRestoreEngine> Log { get; } = new();

    /// <param name="startsEngine">False for an engine that takes requests and was not started.</param>
    public static async Task<EngineWorld> StartAsync(bool startsEngine = true)
    {
        TestStore data = await TestStore.CreateAsync();
        SnapshotManifest etcd = await data.BackUpEtcdAsync(Etcd);
        EngineWorld world = new(data, await data.CommitPointAsync(etcd));
        foreach (string member in etcd.Etcd!.Members.Select(text => text.Split(' ')[1]).Where(name => world.Nodes.All(node => node.Name != name)))
        {
            throw new InvalidOperationException($"The sample names a member {member} that is no model node.");
        }

        await world.StartEngineAsync(startsEngine);
        return world;
    }

    public Wire.PlanClusterRestoreRequest Request(Action<Wire.PlanClusterRestoreRequest>? change = null)
    {
        Wire.PlanClusterRestoreRequest request = new() { PointId = _point.Id.ToString(), Source = SourceMapping.ToWire(Etcd) };
        change?.Invoke(request);
        return request;
    }

    public Task<ClusterRestoreRecord> PlanAsync(Action<Wire.PlanClusterRestoreRequest>? change = null) =>
        Engine.PlanAsync(Request(change), "alice", CancellationToken.None).WaitAsync(Patience);

    /// <summary>Waits for the end, starting the coordinator again whenever it was killed.</summary>
    public async Task<ClusterRestoreRecord> UntilOverAsync(RestoreId id)
    {
        using CancellationTokenSource deadline = new(Patience);
        while (Store.Find(id) is not { IsOver: true })
        {
            if (_isDead)
            {
                await RestartAsync();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, deadline.Token);
        }

        return Store.Find(id)!;
    }

    /// <summary>Sets the engine's time of day.</summary>
    public void Jump(TimeSpan by) => _clock.By = by;

    public void CountSavesFromNow() => _saves = 0;

    public async Task RestartAsync()
    {
        await StopAsync();
        (_isDead, KillBeforeSave) = (false, 0);
        _board = new WorkBoard();
        await StartEngineAsync();
    }

    public void Connect(string name, Role role)
    {
        _connections[name] = new AgentConnection();
        _nodes.Connect(new NodeRecord { Name = name, Role = role, LastSeen = TimeProvider.System.GetUtcNow(), CertificateNotAfter = DateTimeOffset.MaxValue }, _connections[name]);
    }

    public void Disconnect(string name) => _nodes.Disconnect(name, _connections[name]);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _data.DisposeAsync();
    }

    private async Task StopAsync()
    {
        await _agents.CancelAsync();
        await _working;
        await Engine.StopAsync(CancellationToken.None);
        Engine.Dispose();
        _agents.Dispose();
    }

    private async Task StartEngineAsync(bool startsEngine = true)
    {
        Store = new ClusterRestoreStore(Path.Combine(_data.State, "cluster-restores"), NullLogger<ClusterRestoreStore>.Instance, _ =>
        {
            BeforeSave();
            Kill();
        });
        Engine = new ClusterRestoreEngine(
            Store,
            new RestoreStore(new FileStateHome(_data.State), NullLogger<RestoreStore>.Instance),
            new ClusterRestorePlanner(ModelCluster.Name, _data.Points, _nodes, TimeProvider.System),
            _board,
            _nodes,
            new AuditLog(Path.Combine(_data.State, "audit.log"), TimeProvider.System, NullLogger<AuditLog>.Instance),
            _options,
            _clock,
            Log);
        _agents = new CancellationTokenSource();
        if (startsEngine)
        {
            await Engine.StartAsync(CancellationToken.None);
        }

        WorkBoard board = _board;
        CancellationToken stop = _agents.Token;
        _working = Task.Run(() => WorkAsync(board, stop), CancellationToken.None);
    }

    private void Kill()
    {
        if (_isDead)
        {
            throw new InvalidOperationException("killed");
        }

        _saves++;
        if (KillBeforeSave > 0 && _saves == KillBeforeSave)
        {
            (_isDead, WasKilled) = (true, true);
            throw new InvalidOperationException("killed");
        }
    }

    // Every connected node does its work one after the other, as an agent does.
    private async Task WorkAsync(WorkBoard board, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (ModelNode node in Nodes.Where(node => _nodes.IsConnected(node.Name)))
            {
                foreach (WorkItem item in board.OfNode(node.Name).Where(item => !item.Completion.IsCompleted))
                {
                    Assert.True(WorkAccess.IsAllowed(item, new PeerIdentity("prod", Role.ControlPlane, node.Name)));
                    Assert.False(WorkAccess.IsAllowed(item, new PeerIdentity("prod", Role.Worker, node.Name)));
                    (Wire.RestoreStepReport? report, Failure? failure) = item.Cancellation.IsCancellationRequested
                        ? (null, new Failure(node.Name, "", FailureCause.Cancelled, "Called off."))
                        : node.Do(item.Work.Step);
                    board.ReportResult(item.WorkId, failure is null ? new WorkOutcome.Stepped(report!) : new WorkOutcome.Failed(failure));
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }
    }

    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
    }
}
