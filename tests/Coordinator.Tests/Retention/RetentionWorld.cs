using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Retention;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Coordinator.Runs;
using K8sBackup.Coordinator.State;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Pruning;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Retention;

/// <summary>Retention and prune over a store in memory, without any grace.</summary>
internal sealed class RetentionWorld : IAsyncDisposable
{
    public static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");

    private RetentionWorld(TestStore store)
    {
        Store = store;
        Plans = new PlanDirectory(Directory.CreateDirectory(Path.Combine(store.State, "plans")).FullName);
        Restores = new RestoreStore(new FileStateHome(store.State), NullLogger<RestoreStore>.Instance);
        Runs = new RunStore(new FileStateHome(store.State), 100, NullLogger<RunStore>.Instance);
    }

    public TestStore Store { get; }

    public PlanDirectory Plans { get; }

    public RunStore Runs { get; }

    public RestoreStore Restores { get; }

    public MaintenanceGate Gate { get; } = new();

    public MaintenanceOutcomes Outcomes { get; } = new(TimeProvider.System);

    public PruneOptions Options { get; set; } = new() { Grace = TimeSpan.Zero, Settle = TimeSpan.Zero };

    public ReleasedPoints Released { get; } = new();

    public RetentionReview Review => new(Store.Access, Plans, Restores, Released, TimeProvider.System);

    public PruneService Prune => new(
        Store.Access, Review, Store.Snapshots, Runs, Gate, Outcomes, Uploads, TimeProvider.System, NullLogger<PruneService>.Instance);

    public RetentionCalls Calls => new(
        Store.Access, Store.Points, Review, Prune, new PruneSettings { Schedule = null, Options = Options }, TimeProvider.System);

    private UploadServices Uploads => new(
        "prod", Store.Ledgers, Store.Board, Store.Access, Store.Snapshots, Store.Limits, TimeProvider.System, NullLogger<UploadService>.Instance);

    public static async Task<RetentionWorld> CreateAsync(string retention = "{keepLast: 1, minimumGood: 1}")
    {
        RetentionWorld world = new(await TestStore.CreateAsync(new UploadLimits { AckBytes = 1, DurableInterval = TimeSpan.FromMilliseconds(1) }));
        File.WriteAllText(Path.Combine(world.Plans.Directory, "daily.yaml"), $$"""
            apiVersion: k8sbackup.dev/v1alpha1
            kind: BackupPlan
            metadata: {name: daily}
            spec:
              sources:
                - volume: {name: data, path: /srv/data}
              retention: {{retention}}
            """);
        Assert.True(world.Plans.Reload());
        Assert.Empty(world.Plans.Current.Faults);
        return world;
    }

    /// <summary>A restore point with one file of random bytes.</summary>
    public async Task<RestorePointManifest> PointAsync(int seed, int bytes = 300_000)
    {
        SnapshotManifest snapshot = await Store.BackUpAsync(Volume, async agent => await agent.TreeAsync(await agent.FileAsync("a", Bytes(seed, bytes))));
        RestorePointManifest point = await Store.CommitPointAsync(snapshot);

        // Ids sort by milliseconds.
        await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        return point;
    }

    public Task<PruneReport> PruneAsync(bool execute = true) => Prune.RunAsync(new PruneOrder("test", Options) { Execute = execute }, null, CancellationToken.None);

    public async Task<IReadOnlyList<string>> PointsAsync() => await Store.ObjectNamesAsync("restore-points/");

    public static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync() => await Store.DisposeAsync();
}
