using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.State;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace K8sBackup.Coordinator.Tests.Catalog;

/// <summary>Every object of an older state of the store is authentic; that it is older is known by who remembers more.</summary>
public sealed class StoreMemoryTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _state = new();
    private readonly InMemoryObjectStore _store = new();
    private readonly ManualTimeProvider _clock = new();
    private TestRepository _repository = null!;

    public async Task InitializeAsync() => _repository = await TestRepository.CreateAsync(_store);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _repository.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task StorePutBack_IsSaidForAWhile_AndWorkGoesOn()
    {
        await RunAsync();
        Dictionary<string, byte[]> older = await ContentAsync();
        await RunAsync();
        await PutBackAsync(older);

        string said = Assert.Single(await RunAsync());

        Assert.Contains("older than what had been in it: its writer is number 2, and there had been number 2", said, StringComparison.Ordinal);
        Assert.Single(await RunAsync());
        _clock.Advance(TimeSpan.FromDays(31));
        Assert.Empty(await RunAsync());
        await TestKit.Repositories.RepositoryCheck.AssertSoundAsync(_repository);
    }

    // Within the life of one writer: the generations alone do not tell.
    [Fact]
    public async Task StorePutBackToBeforeTheNewestPoint_IsSaid()
    {
        await RunAsync();
        string newest = (await _store.NamesAsync("restore-points/"))[^1];
        await _store.DeleteAsync(newest, default);

        string said = Assert.Single(await RunAsync(backUp: false));

        Assert.Contains($"{newest[^26..]}, is gone", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DamagedNewestPoint_IsThere()
    {
        await RunAsync();
        string newest = (await _store.NamesAsync("restore-points/"))[^1];
        byte[] content = await _store.GetAsync(newest, int.MaxValue, default);
        content[100] ^= 1;
        await _store.ReplaceAsync(newest, content);

        Assert.Empty(await RunAsync(backUp: false));
    }

    [Fact]
    public async Task Restarts_SayNothing()
    {
        for (int i = 0; i < 4; i++)
        {
            Assert.Empty(await RunAsync(backUp: i % 2 == 0));
        }

        await TestKit.Repositories.RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task AnotherRepository_OrAMemoryThatIsDamaged_SaysNothing()
    {
        await RunAsync();
        await RunAsync();
        string document = Assert.Single(Directory.GetFiles(_state.Path, "repository*"));
        string remembered = await File.ReadAllTextAsync(document);
        await File.WriteAllTextAsync(document, remembered.Replace(_repository.Keys.Repository.ToString(), new string('0', 32), StringComparison.Ordinal).Replace("\"generation\": 2", "\"generation\": 90", StringComparison.Ordinal));
        Assert.Empty(await RunAsync());
        await File.WriteAllTextAsync(document, remembered[..(remembered.Length / 2)]);
        Assert.Empty(await RunAsync());
    }

    // One life of a coordinator; what it warns of at its end.
    private async Task<IReadOnlyList<string>> RunAsync(bool backUp = true)
    {
        RepositoryWriterOptions options = new() { PackTargetBytes = RepositoryWriterOptions.PackTargetBytesMin };
        await using RepositoryAccess access = new(_store, _repository.Keys, options, TimeProvider.System, NullLogger.Instance);
        await access.OpenAsync(default);
        StoreMemory memory = new(new FileStateHome(_state.Path), _clock, NullLogger<StoreMemory>.Instance);
        using RepositoryLease lease = access.Enter();
        await memory.OpenedAsync(lease, default);
        if (backUp)
        {
            using WriterSession session = lease.Writer.BeginUpload();
            SnapshotManifest snapshot = await TestBackup.UploadAsync(lease.Writer, TestBackup.Files(5, count: 2), TestBackup.Source, TimeProvider.System);
            await lease.Writer.CommitSnapshotAsync(snapshot, session, default);
            RememberedPoints points = new(new RestorePointSink(access, null), memory);
            await points.CommitAsync(TestBackup.RestorePointOf(snapshot, TimeProvider.System), default);
        }

        return await memory.WarningsAsync(default);
    }

    private async Task<Dictionary<string, byte[]>> ContentAsync()
    {
        Dictionary<string, byte[]> content = [];
        foreach (string name in await _store.NamesAsync(""))
        {
            content[name] = [.. await _store.GetAsync(name, int.MaxValue, default)];
        }

        return content;
    }

    private async Task PutBackAsync(Dictionary<string, byte[]> content)
    {
        foreach (string name in await _store.NamesAsync(""))
        {
            await _store.DeleteAsync(name, default);
        }

        foreach ((string name, byte[] bytes) in content)
        {
            await _store.PutIfAbsentAsync(name, bytes, default);
        }
    }
}
