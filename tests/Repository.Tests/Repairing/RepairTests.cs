using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Repairing;

public sealed class RepairTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryObjectStore _store = new();
    private readonly IReadOnlyDictionary<string, byte[]> _files = TestBackup.Files(91, count: 12);
    private readonly IReadOnlyDictionary<string, byte[]> _otherFiles = TestBackup.Files(92, count: 12);
    private TestRepository _repository = null!;
    private SnapshotManifest _snapshot = null!;
    private SnapshotManifest _other = null!;

    public async Task InitializeAsync()
    {
        _repository = await TestRepository.CreateAsync(_store);
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        (_snapshot, _) = await TestBackup.BackUpAsync(writer, _files);
        (_other, _) = await TestBackup.BackUpAsync(writer, _otherFiles, TestBackup.Source with { Name = "other" });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task Snapshots_PackDeleted_MarksExactlyWhatIsLostAndHealsWhenItIsStoredAgain()
    {
        string pack = await FirstPackAsync();
        await _store.DeleteAsync(pack, default);
        List<string> before = await _store.NamesAsync("");

        SnapshotRepairReport plan = await RepairAsync(execute: false);

        Assert.Equal(before, await _store.NamesAsync(""));
        Assert.Empty(await LossStore.ReadAsync(_store, _repository.Keys, default));
        SnapshotRepairReport done = await RepairAsync(execute: true);
        SnapshotLoss loss = Assert.Single(done.Marked);
        Assert.True(Assert.Single(plan.Marked).IsSameAs(loss));
        Assert.Equal(_snapshot.Id, loss.Snapshot);
        Assert.Equal([pack], loss.Objects);
        Assert.Equal(await UnreadableFilesAsync(), loss.Paths);
        Assert.Equal(loss.Paths.Count, loss.PathCount);
        SnapshotLoss read = Assert.Single(await LossStore.ReadAsync(_store, _repository.Keys, default)).Value;
        Assert.True(read.IsSameAs(loss));
        Assert.Empty((await RepairAsync(execute: true)).Marked);

        // The same files once more: their chunks are stored again, the index of the lost pack goes, and the old snapshot is whole.
        await using (RepositoryWriter writer = await _repository.OpenWriterAsync())
        {
            await TestBackup.BackUpAsync(writer, _files);
        }

        foreach (string segment in await _store.NamesAsync("index/"))
        {
            await _store.DeleteAsync(segment, default);
        }

        await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);
        Assert.Equal([_snapshot.Id], (await RepairAsync(execute: true)).Healed);
        Assert.Empty(await _store.NamesAsync("losses/"));
        using OpenRepository repository = await _repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _snapshot, _files);
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task Snapshots_ManifestLost_IsSaidAndNotMarked()
    {
        await _store.DeleteAsync($"snapshots/{_other.Id}", default);

        SnapshotRepairReport report = await RepairAsync(execute: true);

        Assert.Equal([_other.Id], report.WithoutManifest);
        Assert.Empty(report.Marked);
        Assert.Empty(await _store.NamesAsync("losses/"));
    }

    [Fact]
    public async Task Snapshots_MarkDamaged_StillNamesItsSnapshot()
    {
        await _store.DeleteAsync(await FirstPackAsync(), default);
        await RepairAsync(execute: true);
        string mark = Assert.Single(await _store.NamesAsync("losses/"));
        byte[] content = await _store.GetAsync(mark, int.MaxValue, default);
        content[^1] ^= 1;
        await _store.ReplaceAsync(mark, content);

        Assert.Equal([_snapshot.Id], (await LossStore.ReadAsync(_store, _repository.Keys, default)).Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Config_LostOrDamaged_IsMadeAgainFromTheKeys(bool lost)
    {
        byte[] config = await _store.GetAsync("config", int.MaxValue, default);
        config[60] ^= 1;
        await _store.DeleteAsync("config", default);
        await _store.PutIfAbsentAsync(lost ? "keys-note" : "config", config, default);
        await Assert.ThrowsAsync<RepositoryCorruptException>(_repository.OpenAsync);

        ConfigRepairReport plan = await RepairConfigAsync(execute: false);
        Assert.Equal(lost ? RepositoryDamage.Missing : RepositoryDamage.Malformed, plan.Config!.Damage);
        await Assert.ThrowsAsync<RepositoryCorruptException>(_repository.OpenAsync);
        await RepairConfigAsync(execute: true);

        Assert.Null((await RepairConfigAsync(execute: false)).Config);
        using OpenRepository repository = await _repository.OpenAsync();
        Assert.Equal(_repository.Keys.Repository, repository.Config.Id);
        await TestBackup.AssertRestoresAsync(repository, _snapshot, _files);
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task Config_OfANewerFormat_IsLeftAlone()
    {
        byte[] config = await _store.GetAsync("config", int.MaxValue, default);
        config[8] = 2;
        await _store.ReplaceAsync("config", config);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(() => RepairConfigAsync(execute: true));

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Equal(config, await _store.GetAsync("config", int.MaxValue, default));
    }

    [Fact]
    public async Task State_Damaged_IsMadeAgainWithAHigherGeneration()
    {
        await using RepositoryWriter older = await _repository.OpenWriterAsync();
        byte[] state = await _store.GetAsync("state", int.MaxValue, default);
        state[^1] ^= 1;
        await _store.ReplaceAsync("state", state);
        await Assert.ThrowsAsync<RepositoryCorruptException>(() => _repository.OpenWriterAsync());

        Assert.NotNull((await RepairConfigAsync(execute: true)).State);

        await using RepositoryWriter next = await _repository.OpenWriterAsync();
        Assert.True(next.Generation > older.Generation);
        await TestBackup.BackUpAsync(next, _files);
        await Assert.ThrowsAsync<WriterFencedException>(() => TestBackup.BackUpAsync(older, _otherFiles));
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    private Task<SnapshotRepairReport> RepairAsync(bool execute) => SnapshotRepair.RunAsync(
        _store, _repository.Keys, new CheckOptions(), false, execute, TimeProvider.System, null, default);

    private Task<ConfigRepairReport> RepairConfigAsync(bool execute) =>
        ConfigRepair.RunAsync(_store, _repository.Keys, execute, TimeProvider.System, default);

    // The pack with the beginning of the first file.
    private async Task<string> FirstPackAsync()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        byte[] content = _files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value;
        return ObjectNames.Pack(repository.Index.Frame(repository.Locate(ChunkId.Of(content.Chunk(10_000).First())).Frame).Header.Id);
    }

    private async Task<List<string>> UnreadableFilesAsync()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        ChunkReader chunks = new(repository, cacheBytes: 0);
        List<string> unreadable = [];
        foreach ((string path, byte[] content) in _files.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            foreach (byte[] chunk in content.Chunk(10_000))
            {
                try
                {
                    await chunks.ReadAsync(ChunkId.Of(chunk), default);
                }
                catch (RepositoryCorruptException)
                {
                    unreadable.Add(path);
                    break;
                }
            }
        }

        return unreadable;
    }
}
