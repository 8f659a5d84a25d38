using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Pruning;

/// <summary>A repository with a clock that tests move, and what prunes of it need.</summary>
internal sealed class PruneWorld : IAsyncDisposable
{
    public static readonly TimeSpan Grace = TimeSpan.FromHours(72);
    public static readonly TimeSpan PastGrace = TimeSpan.FromHours(73);

    private readonly List<(SnapshotManifest Snapshot, IReadOnlyDictionary<string, byte[]> Files)> _kept = [];
    private RepositoryWriter? _writer;

    private PruneWorld(InMemoryObjectStore store, TestRepository repository, ManualTimeProvider clock)
    {
        Store = store;
        Repository = repository;
        Clock = clock;
        Through = store;
    }

    public InMemoryObjectStore Store { get; }

    public TestRepository Repository { get; }

    public ManualTimeProvider Clock { get; }

    /// <summary>What the next writer sees of the store.</summary>
    public IObjectStore Through { get; set; }

    /// <summary>Small packs, so that a few are enough to make one go.</summary>
    public PruneOptions Options { get; set; } = new() { PacksPerSnapshotMin = 1000 };

    public RepositoryWriter Writer => _writer ?? throw new InvalidOperationException("No writer is open.");

    public static async Task<PruneWorld> CreateAsync()
    {
        ManualTimeProvider clock = new();
        InMemoryObjectStore store = new(clock);
        PruneWorld world = new(store, await TestRepository.CreateAsync(store, clock), clock);
        await world.ReopenAsync();
        return world;
    }

    /// <summary>A new writer, as after a restart.</summary>
    public async Task<RepositoryWriter> ReopenAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        return _writer = await Repository.OpenWriterAsync(Through);
    }

    /// <summary>A backup of files; what is kept is restored and compared at the end.</summary>
    public async Task<RestorePointManifest> BackUpAsync(IReadOnlyDictionary<string, byte[]> files, bool keep = true, SourceKey? source = null)
    {
        (SnapshotManifest snapshot, RestorePointManifest point) = await TestBackup.BackUpAsync(Writer, files, source, Clock);
        if (keep)
        {
            Keep(snapshot, files);
        }

        Clock.Advance(TimeSpan.FromMinutes(1));
        return point;
    }

    public void Keep(SnapshotManifest snapshot, IReadOnlyDictionary<string, byte[]> files) => _kept.Add((snapshot, files));

    public Task<PruneReport> PruneAsync(params RestorePointId[] expired) =>
        new RepositoryPruner(Writer, Options, Clock).RunAsync(new PruneRequest { Expired = expired }, null, default);

    public Task<PruneReport> PlanAsync(params RestorePointId[] expired) =>
        new RepositoryPruner(Writer, Options, Clock).PlanAsync(new PruneRequest { Expired = expired }, null, default);

    public async Task<long> BytesAsync(string prefix = "packs/")
    {
        long bytes = 0;
        await foreach (ObjectInfo info in Store.ListAsync(prefix, default))
        {
            bytes += info.Length;
        }

        return bytes;
    }

    public Task<List<string>> NamesAsync(string prefix) => Listings.NamesAsync(Store, prefix);

    /// <summary>Everything kept restores byte for byte from the store as it is.</summary>
    public async Task AssertRestoresAsync()
    {
        using OpenRepository reader = await Repository.OpenAsync();
        foreach ((SnapshotManifest snapshot, IReadOnlyDictionary<string, byte[]> files) in _kept)
        {
            await TestBackup.AssertRestoresAsync(reader, snapshot, files);
        }
    }

    /// <summary>As <see cref="AssertRestoresAsync"/>, and a full check.</summary>
    public async Task AssertSoundAsync()
    {
        await AssertRestoresAsync();
        await RepositoryCheck.AssertSoundAsync(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        Repository.Dispose();
    }
}
