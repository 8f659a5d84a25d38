using System.Text.Json.Nodes;
using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Resources;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.ClusterRestores;
using K8sBackup.Coordinator.Tests.Coverage;
using K8sBackup.Coordinator.Tests.Hosting;
using K8sBackup.FakeKube.Serving;
using K8sBackup.KubernetesApi.Client;
using K8sBackup.KubernetesApi.Configuration;
using K8sBackup.KubernetesApi.Metadata;
using K8sBackup.KubernetesApi.Resources;
using K8sBackup.Model.Ids;
using K8sBackup.TestKit;
using K8sBackup.Transport.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using YamlDotNet.RepresentationModel;

namespace K8sBackup.Coordinator.Tests.Resources;

/// <summary>
/// A cluster with our definitions, and coordinators' logic over it that lead one after the other: what one leaves is in the
/// API server and in the repository, and nowhere else.
/// </summary>
internal sealed class ResourceWorld : IAsyncDisposable, IPointDeletion
{
    public const string Namespace = "k8s-backup";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, AgentConnection> _connections = [];
    private KubernetesClient _client = null!;

    public FakeKubeServer Kube { get; private set; } = null!;

    public KubernetesClient Client => _client;

    public FakeRepository Repository { get; } = new();

    public ClusterStateHome State { get; private set; } = null!;

    public NodeRegistry Nodes { get; private set; } = null!;

    public WorkBoard Board { get; private set; } = null!;

    public RunStore Runs { get; private set; } = null!;

    public RunEngine Engine { get; private set; } = null!;

    public ResourcePlans Plans { get; private set; } = null!;

    public RunScheduler Scheduler { get; private set; } = null!;

    public CoverageReview Coverage { get; private set; } = null!;

    public ResourceHome Home { get; private set; } = null!;

    public ReleasedPoints Released { get; } = new();

    public int BackupsKept { get; set; } = 20;

    /// <summary>Restore points that were deleted for deleted Backups.</summary>
    public HashSet<RestorePointId> Deleted { get; } = [];

    private static NullLogger<ResourceHome> Log => NullLogger<ResourceHome>.Instance;

    public static async Task<ResourceWorld> StartAsync()
    {
        ResourceWorld world = new() { Kube = await FakeKubeServer.StartAsync(new FakeKubeOptions()) };
        world.Kube.Seed($$$"""{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "{{{Namespace}}}"}}""");
        foreach (CustomResource resource in CustomResource.All)
        {
            world.Kube.Seed(Json(resource.Root).AsObject());
        }

        string kubeconfig = world.Kube.WriteKubeconfig(Path.Combine(world._directory.Path, "kube"), Namespace);
        world._client = new KubernetesClient(
            ClusterAccess.Read(kubeconfig, TimeProvider.System), new KubernetesClientOptions { RequestsPerSecond = 500, Burst = 500 }, TimeProvider.System, new Random(1));
        await world.LeadAsync();
        return world;
    }

    /// <summary>A coordinator becomes the leader, with nothing of its own.</summary>
    public async Task LeadAsync()
    {
        State = new ClusterStateHome(await LoadedState.ReadAsync(_client, _client, Namespace, CancellationToken.None), TimeProvider.System, NullLogger<ClusterStateHome>.Instance);
        await State.StartAsync(CancellationToken.None);
        Nodes = new NodeRegistry(State, TimeProvider.System);
        Board = new WorkBoard();
        Runs = new RunStore(State, 100, NullLogger<RunStore>.Instance);
        Engine = new RunEngine(
            new RunServices("prod", Runs, Board, new NodeSlots(Board, 4), Nodes, Repository, Repository, TimeProvider.System, NullLogger<RunEngine>.Instance), 8);
        Plans = new ResourcePlans();
        Plans.Update((await _client.ListAsync(ResourceKinds.BackupPlans, ListQuery.In(Namespace), 100, CancellationToken.None)).Items);
        await Engine.StartAsync(CancellationToken.None);
        Scheduler = new RunScheduler(State, Plans, Engine, Runs, TimeProvider.System, NullLogger<RunScheduler>.Instance);
        EventRecorder events = new(_client, TimeProvider.System, Log);
        StatusWriter<BackupResource> backups = new(ResourceKinds.Backups, _client, TimeProvider.System, Log);
        ResourceReconcilers parts = new(
            new StatusWriter<BackupPlanResource>(ResourceKinds.BackupPlans, _client, TimeProvider.System, Log),
            backups,
            new StatusWriter<RestoreResource>(ResourceKinds.Restores, _client, TimeProvider.System, Log),
            new BackupReconciler(Engine, Runs, Plans, Board, backups, events, TimeProvider.System),
            new RestoreReconciler(RestoresWithoutNodes(), new StatusWriter<RestoreResource>(ResourceKinds.Restores, _client, TimeProvider.System, Log), events),
            new RunObjects(_client, Namespace, BackupsKept, Runs.List(), Log),
            new BackupDeletion(_client, Engine, Released, this, events, TimeProvider.System, Log),
            events);
        Coverage = new CoverageReview(Plans, Nodes, Runs, new FakeLastGood(Repository), TimeProvider.System, NullLogger<CoverageReview>.Instance);
        Home = new ResourceHome(new ListedObjects(_client), Plans, Runs, Coverage, parts, TimeProvider.System, Log);
    }

    /// <summary>The leader is gone from one moment to the next: nothing that waits is written.</summary>
    public async Task DieAsync()
    {
        await Engine.StopAsync(CancellationToken.None);
        Engine.Dispose();
        Scheduler.Dispose();
        Home.Dispose();
        Coverage.Dispose();
        State.Dispose();
        _connections.Clear();
    }

    public async Task LookAsync()
    {
        await Coverage.LookAsync(CancellationToken.None);
        await Home.LookAsync(CancellationToken.None);
    }

    public void Connect(string node, Role role = Role.Worker)
    {
        AgentConnection connection = _connections[node] = new AgentConnection();
        Nodes.Connect(
            new NodeRecord { Name = node, Role = role, Labels = new Dictionary<string, string>(), LastSeen = TimeProvider.System.GetUtcNow(), CertificateNotAfter = TimeProvider.System.GetUtcNow() },
            connection);
    }

    /// <summary>Puts an object there as kubectl apply would.</summary>
    public async Task<T> CreateAsync<T>(ResourceType<T> type, string name, string spec)
        where T : KubernetesObject
    {
        string json = $$"""{"metadata": {"name": "{{name}}", "namespace": "{{Namespace}}"}, "spec": {{spec}}}""";
        return await _client.CreateAsync(type, type.Read(System.Text.Encoding.UTF8.GetBytes(json)), CancellationToken.None);
    }

    public Task<BackupPlanResource> PlanAsync(string name = "nightly", string more = "") => CreateAsync(
        ResourceKinds.BackupPlans, name, $$$"""{"sources": [{"volume": {"name": "data", "path": "/srv/data"}}]{{{more}}} }""");

    public async Task<T> GetAsync<T>(ResourceType<T> type, string name)
        where T : KubernetesObject => await _client.GetAsync(type, new ResourceName(Namespace, name), CancellationToken.None);

    public Task<BackupResource> BackupAsync(string name) => GetAsync(ResourceKinds.Backups, name);

    public async Task<IReadOnlyList<BackupResource>> BackupsAsync() =>
        (await _client.ListAsync(ResourceKinds.Backups, ListQuery.In(Namespace), 1000, CancellationToken.None)).Items;

    /// <summary>Looks again and again until the Backup is as expected.</summary>
    public async Task<BackupResource> UntilAsync(string name, Func<BackupResource, bool> isSo)
    {
        BackupResource? last = null;
        long start = TimeProvider.System.GetTimestamp();
        do
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"Backup {name} is not as expected: {last}");
            await LookAsync();
            last = await _client.FindAsync(ResourceKinds.Backups, new ResourceName(Namespace, name), CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
        while (last is null || !isSo(last));
        return last;
    }

    /// <summary>Ends the work of a source with a snapshot, as the upload service would.</summary>
    public async Task CommitAsync(RunId run, SourceKey source)
    {
        await Eventually.TrueAsync(() => Board.Find(WorkIds.ForBackup(run, source)) is not null);
        Board.ReportResult(WorkIds.ForBackup(run, source), new WorkOutcome.SnapshotCommitted(Repository.Commit(run, source)));
    }

    public Task<bool> IsThereAsync(RestorePointId point, CancellationToken cancellationToken) => Task.FromResult(!Deleted.Contains(point));

    public Task DeleteAsync(IReadOnlySet<RestorePointId> points, CancellationToken cancellationToken)
    {
        Assert.All(points, point => Assert.True(Released.Contains(point)));
        Deleted.UnionWith(points);
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        _client.Dispose();
        await Kube.DisposeAsync();
        _directory.Dispose();
    }

    // Restores that begin are shown with real processes; here are those that do not.
    private RestoreServices RestoresWithoutNodes() => new(
        "prod",
        null!,
        new RestoreStore(State, NullLogger<RestoreStore>.Instance),
        null!,
        ClusterRestoreRecords.StoreIn(_directory.Path),
        null!,
        (_, _) => Task.FromResult<string?>(null),
        null!,
        TimeProvider.System,
        CancellationToken.None);

    private static JsonNode Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(c.Key.ToString(), (JsonNode?)Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: { } text } when long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out long number) => JsonValue.Create(number),
        _ => JsonValue.Create(((YamlScalarNode)node).Value)!,
    };
}
