using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Delivery;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using Microsoft.Extensions.Logging.Abstractions;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Tests.Ingest;

/// <summary>A coordinator's data side over a store in memory. What is on disk and in the store survives <see cref="RestartAsync"/>.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private readonly TemporaryDirectory _state = new();
    private readonly InMemoryObjectStore _objects = new();
    private MasterKeys? _keys;

    private TestStore(UploadLimits limits)
    {
        Limits = limits;
        Store = new FaultyObjectStore(_objects, TimeProvider.System);
    }

    public UploadLimits Limits { get; }

    public FaultyObjectStore Store { get; }

    public string State => _state.Path;

    public string Ledgers => Path.Combine(_state.Path, "uploads");

    public MasterKeys Keys => _keys!;

    public WorkBoard Board { get; private set; } = new();

    public RepositoryAccess Access { get; private set; } = null!;

    public SnapshotDirectory Snapshots { get; private set; } = null!;

    public PointCatalog Points { get; private set; } = null!;

    public UploadService Uploads { get; private set; } = null!;

    public SnapshotSender Sender { get; private set; } = null!;

    public static async Task<TestStore> CreateAsync(UploadLimits? limits = null)
    {
        TestStore store = new(limits ?? UploadLimits.Default);
        using KeyFile key = KeyFile.Generate();
        using RecoveryPrivateKey recovery = RecoveryPrivateKey.Generate();
        store._keys = await RepositoryInitializer.CreateAsync(
            store._objects, [new NewSlot(key, "key"), new NewSlot(recovery.PublicKey, "recovery")], TimeProvider.System, CancellationToken.None);
        await store.OpenAsync();
        return store;
    }

    /// <summary>As after a crash: nothing in memory survives, nothing is flushed.</summary>
    public async Task RestartAsync()
    {
        await CloseAsync();
        Board = new WorkBoard();
        await OpenAsync();
    }

    /// <summary>Puts up the backup of a source, as a run would.</summary>
    public WorkItem AddBackup(SourceKey source, RunId? run = null, PodVolume? volume = null) => Board.Add(WorkItem.ForBackup(
        new BackupWork(run ?? RunId.Create(TimeProvider.System), "daily", source, TimeProvider.System.GetUtcNow()),
        volume is null
            ? new Wire.BackupTask()
            : new Wire.BackupTask { Volume = new Wire.VolumeOptions { PodVolume = new Wire.PodVolumeOptions { Volume = PodVolumeMapping.ToWire(volume) } } }));

    public static PeerIdentity AgentOf(SourceKey source) => new("prod", source.Kind == SourceKind.Volume ? Role.Worker : Role.ControlPlane, source.Node);

    /// <summary>Backs up a source that holds what the test adds, and gives the manifest.</summary>
    public async Task<SnapshotManifest> BackUpAsync(SourceKey source, Func<UploadAgent, Task<Wire.Finish>> capture, PodVolume? volume = null)
    {
        WorkItem item = AddBackup(source, volume: volume);
        await using UploadAgent agent = await UploadAgent.OpenAsync(this, item);
        await agent.CommitAsync(await capture(agent));
        return ((WorkOutcome.SnapshotCommitted)await item.Completion).Manifest;
    }

    /// <summary>Backs up a volume of one file, <c>f</c>, of ten zeros.</summary>
    public Task<SnapshotManifest> BackUpFileAsync(SourceKey source, PodVolume? volume = null) =>
        BackUpAsync(source, async agent => await agent.TreeAsync(await agent.FileAsync("f", new byte[10])), volume);

    /// <summary>Backs up 8 KiB as the snapshot of an etcd, with what an agent says of a good one, or of one that members disagree with.</summary>
    public Task<SnapshotManifest> BackUpEtcdAsync(SourceKey source, byte seed = 1, bool isSuspect = false) => BackUpAsync(source, async agent =>
    {
        Wire.Finish finish = await agent.TreeAsync(await agent.FileAsync("snapshot.db", UploadServiceTests.Bytes(seed, 8192)));
        finish.Etcd = isSuspect ? EvidenceSamples.Suspect(8192) : EvidenceSamples.Verified(8192);
        return finish;
    });

    public async Task<RestorePointManifest> CommitPointAsync(params SnapshotManifest[] snapshots)
    {
        RestorePointManifest point = new()
        {
            Id = RestorePointId.Create(TimeProvider.System),
            Cluster = "prod",
            Plan = "daily",
            Run = snapshots[0].Run,
            StartedAt = snapshots[0].StartedAt,
            FinishedAt = snapshots[^1].FinishedAt,
            Outcome = SnapshotOutcome.Completed,
            Sources = [.. snapshots.Select(s => new SourceResult(s.Source, s.Id, s.Outcome, null, s.Volume))],
        };
        await new RestorePointSink(Access, null).CommitAsync(point, CancellationToken.None);
        return point;
    }

    public async Task<IReadOnlyList<SnapshotManifest>> ListedAsync()
    {
        using RepositoryLease lease = Access.Enter();
        List<SnapshotManifest> listed = [];
        await foreach (SnapshotEntry entry in lease.Repository.Catalog.SnapshotsAsync(null, CancellationToken.None))
        {
            listed.Add(entry.Manifest ?? throw new InvalidOperationException($"{entry.ObjectName} is damaged."));
        }

        return listed;
    }

    public async Task<IReadOnlyList<string>> ObjectNamesAsync(string prefix)
    {
        List<string> names = [];
        await foreach (ObjectStore.ObjectInfo info in _objects.ListAsync(prefix, CancellationToken.None))
        {
            names.Add(info.Name);
        }

        return names;
    }

    /// <summary>Makes the open repository believe that all packs there are now are damaged, by a check that finds them so.</summary>
    public async Task DistrustAllPacksAsync()
    {
        Dictionary<string, byte[]> contents = [];
        foreach (string pack in await ObjectNamesAsync("packs/"))
        {
            byte[] content = await _objects.GetAsync(pack, int.MaxValue, CancellationToken.None);
            contents[pack] = content.AsSpan().ToArray();
            content[100] ^= 1;
            await _objects.ReplaceAsync(pack, content);
        }

        CheckReport report = await RepositoryChecker.RunAsync(
            _objects, Keys, new CheckOptions { ReadDataPercent = 100 }, TimeProvider.System, null, CancellationToken.None);
        Assert.False(report.IsSound);
        foreach ((string pack, byte[] content) in contents)
        {
            await _objects.ReplaceAsync(pack, content);
        }

        using RepositoryLease lease = Access.Enter();
        await lease.Repository.DistrustAsync(report, CancellationToken.None);
    }

    /// <summary>Checks the whole repository, every byte: whatever a test did, what is listed must be sound.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        CheckReport report = await RepositoryChecker.RunAsync(
            _objects, Keys, new CheckOptions { ReadDataPercent = 100 }, TimeProvider.System, null, CancellationToken.None);
        Assert.Empty(report.Problems.Select(p => $"{p.ObjectName}: {p.Detail}"));
        _keys?.Dispose();
        _state.Dispose();
    }

    private async Task OpenAsync()
    {
        RepositoryWriterOptions options = new() { PackTargetBytes = 1 << 20 };
        Access = new RepositoryAccess(Store, Keys, options, TimeProvider.System, NullLogger.Instance);
        await Access.OpenAsync(CancellationToken.None);
        Snapshots = new SnapshotDirectory(Access);
        Points = new PointCatalog(Access, Snapshots);
        Uploads = new UploadService(new UploadServices(
            "prod", Ledgers, Board, Access, Snapshots, Limits, TimeProvider.System, NullLogger<UploadService>.Instance));
        Sender = new SnapshotSender(Access, NullLogger<SnapshotSender>.Instance);
    }

    private async Task CloseAsync()
    {
        Uploads.Dispose();
        Sender.Dispose();
        Snapshots.Dispose();
        await Access.DisposeAsync();
    }
}
