using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Repairing;

public sealed class RepairTests : IAsyncLifetime, IDisposable
{
    private TwoBackups _world = null!;

    public async Task InitializeAsync() => _world = await TwoBackups.CreateAsync(91);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Snapshots_PackDeleted_MarksExactlyWhatIsLostAndHealsWhenItIsStoredAgain()
    {
        string pack = await _world.FirstPackAsync();
        await _world.Store.DeleteAsync(pack, default);
        List<string> before = await _world.Store.NamesAsync("");

        SnapshotRepairReport plan = await RepairAsync(execute: false);

        Assert.Equal(before, await _world.Store.NamesAsync(""));
        Assert.Empty(await LossStore.ReadAsync(_world.Store, _world.Repository.Keys, default));
        SnapshotRepairReport done = await RepairAsync(execute: true);
        SnapshotLoss loss = Assert.Single(done.Marked);
        Assert.True(Assert.Single(plan.Marked).IsSameAs(loss));
        Assert.Equal(_world.Snapshot.Id, loss.Snapshot);
        Assert.Equal([pack], loss.Objects);
        Assert.Equal(await _world.UnreadableFilesAsync(), loss.Paths);
        Assert.Equal(loss.Paths.Count, loss.PathCount);
        SnapshotLoss read = Assert.Single(await LossStore.ReadAsync(_world.Store, _world.Repository.Keys, default)).Value;
        Assert.True(read.IsSameAs(loss));
        Assert.Empty((await RepairAsync(execute: true)).Marked);

        // The same files once more: their chunks are stored again, the index of the lost pack goes, and the old snapshot is whole.
        await using (RepositoryWriter writer = await _world.Repository.OpenWriterAsync())
        {
            await TestBackup.BackUpAsync(writer, _world.Files);
        }

        foreach (string segment in await _world.Store.NamesAsync("index/"))
        {
            await _world.Store.DeleteAsync(segment, default);
        }

        await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);
        Assert.Equal([_world.Snapshot.Id], (await RepairAsync(execute: true)).Healed);
        Assert.Empty(await _world.Store.NamesAsync("losses/"));
        using OpenRepository repository = await _world.Repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _world.Snapshot, _world.Files);
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Snapshots_ManifestLost_IsSaidAndNotMarked()
    {
        await _world.Store.DeleteAsync($"snapshots/{_world.Other.Id}", default);

        SnapshotRepairReport report = await RepairAsync(execute: true);

        Assert.Equal([_world.Other.Id], report.WithoutManifest);
        Assert.Empty(report.Marked);
        Assert.Empty(await _world.Store.NamesAsync("losses/"));
    }

    [Fact]
    public async Task Snapshots_MarkDamaged_StillNamesItsSnapshot()
    {
        await _world.Store.DeleteAsync(await _world.FirstPackAsync(), default);
        await RepairAsync(execute: true);
        string mark = Assert.Single(await _world.Store.NamesAsync("losses/"));
        byte[] content = await _world.Store.GetAsync(mark, int.MaxValue, default);
        content[^1] ^= 1;
        await _world.Store.ReplaceAsync(mark, content);

        Assert.Equal([_world.Snapshot.Id], (await LossStore.ReadAsync(_world.Store, _world.Repository.Keys, default)).Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Config_LostOrDamaged_IsMadeAgainFromTheKeys(bool lost)
    {
        byte[] config = await _world.Store.GetAsync("config", int.MaxValue, default);
        config[60] ^= 1;
        await _world.Store.DeleteAsync("config", default);
        await _world.Store.PutIfAbsentAsync(lost ? "keys-note" : "config", config, default);
        await Assert.ThrowsAsync<RepositoryCorruptException>(_world.Repository.OpenAsync);

        ConfigRepairReport plan = await RepairConfigAsync(execute: false);
        Assert.Equal(lost ? RepositoryDamage.Missing : RepositoryDamage.Malformed, plan.Config!.Damage);
        await Assert.ThrowsAsync<RepositoryCorruptException>(_world.Repository.OpenAsync);
        await RepairConfigAsync(execute: true);

        Assert.Null((await RepairConfigAsync(execute: false)).Config);
        using OpenRepository repository = await _world.Repository.OpenAsync();
        Assert.Equal(_world.Repository.Keys.Repository, repository.Config.Id);
        await TestBackup.AssertRestoresAsync(repository, _world.Snapshot, _world.Files);
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Config_OfANewerFormat_IsLeftAlone()
    {
        byte[] config = await _world.Store.GetAsync("config", int.MaxValue, default);
        config[8] = 2;
        await _world.Store.ReplaceAsync("config", config);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(() => RepairConfigAsync(execute: true));

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Equal(config, await _world.Store.GetAsync("config", int.MaxValue, default));
    }

    [Fact]
    public async Task State_Damaged_IsMadeAgainWithAHigherGeneration()
    {
        await using RepositoryWriter older = await _world.Repository.OpenWriterAsync();
        byte[] state = await _world.Store.GetAsync("state", int.MaxValue, default);
        state[^1] ^= 1;
        await _world.Store.ReplaceAsync("state", state);
        await Assert.ThrowsAsync<RepositoryCorruptException>(() => _world.Repository.OpenWriterAsync());

        Assert.NotNull((await RepairConfigAsync(execute: true)).State);

        await using RepositoryWriter next = await _world.Repository.OpenWriterAsync();
        Assert.True(next.Generation > older.Generation);
        await TestBackup.BackUpAsync(next, _world.Files);
        await Assert.ThrowsAsync<WriterFencedException>(() => TestBackup.BackUpAsync(older, _world.OtherFiles));
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    private Task<SnapshotRepairReport> RepairAsync(bool execute) => SnapshotRepair.RunAsync(
        _world.Store, _world.Repository.Keys, new CheckOptions(), false, execute, TimeProvider.System, null, default);

    private Task<ConfigRepairReport> RepairConfigAsync(bool execute) =>
        ConfigRepair.RunAsync(_world.Store, _world.Repository.Keys, execute, TimeProvider.System, default);
}
