using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Reading;

/// <summary>A chunk that is in two packs is read from the good one; one that is only in a bad one is stored again.</summary>
public sealed class RelocationTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryObjectStore _store = new();
    private readonly IReadOnlyDictionary<string, byte[]> _files = TestBackup.Files(51, count: 12);
    private TestRepository _repository = null!;
    private SnapshotManifest _snapshot = null!;

    public async Task InitializeAsync()
    {
        _repository = await TestRepository.CreateAsync(_store);
        _snapshot = await BackUpAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task Read_PackDamagedAndItsChunksInAnotherToo_AreReadFromThere()
    {
        List<string> first = await _store.NamesAsync("packs/");
        Dictionary<string, byte[]> contents = [];
        foreach (string pack in first)
        {
            contents[pack] = await _store.GetAsync(pack, int.MaxValue, default);
            await _store.DeleteAsync(pack, default);
        }

        // Everything is stored a second time; then the first copies come back, damaged in every frame.
        await BackUpAsync();
        foreach ((string pack, byte[] content) in contents)
        {
            for (int i = 64; i < content.Length; i += 50)
            {
                content[i] ^= 1;
            }

            await _store.PutIfAbsentAsync(pack, content, default);
        }

        using (OpenRepository repository = await _repository.OpenAsync())
        {
            await TestBackup.AssertRestoresAsync(repository, _snapshot, _files);
        }

        using (OpenRepository repository = await _repository.OpenAsync())
        {
            List<ChunkId> chunks = await ChunkListReader.ReadAsync(new ChunkReader(repository), _snapshot, default).ToListAsync();
            List<PlannedChunk> read = await ReadPlan.Create(repository, chunks).ReadAsync(default).ToListAsync();
            Assert.Equal(chunks.Order(), read.Where(c => c.Damage is null).Select(c => c.Id).Order());
        }

        CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);
        Assert.Equal(first, report.Problems.Select(p => p.ObjectName));
        Assert.Empty(report.DamagedSnapshots);
        Assert.All(report.Problems, p => Assert.Empty(p.RestorePoints));
    }

    [Fact]
    public async Task Write_AfterACheckFoundDamage_StoresTheChunksAgainAndTheOldSnapshotIsWhole()
    {
        string pack;
        using (OpenRepository repository = await _repository.OpenAsync())
        {
            byte[] chunk = _files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value.Chunk(10_000).First();
            pack = ObjectNames.Pack(repository.Index.Frame(repository.Locate(ChunkId.Of(chunk)).Frame).Header.Id);
        }

        byte[] content = await _store.GetAsync(pack, int.MaxValue, default);
        content[100] ^= 1;
        await _store.ReplaceAsync(pack, content);
        CheckReport found = await RepositoryChecker.RunAsync(
            _store, _repository.Keys, new CheckOptions { ReadDataPercent = 100, RecordCoverage = true }, TimeProvider.System, null, default);
        Assert.Equal([_snapshot.Id], found.DamagedSnapshots.Select(d => d.Snapshot));

        // What the check recorded reaches the next writer, and a structure check goes on naming what is lost.
        CheckReport structure = await RepositoryChecker.RunAsync(
            _store, _repository.Keys, new CheckOptions(), TimeProvider.System, null, default);
        Assert.Equal(found.DamagedSnapshots[0].Paths, Assert.Single(structure.DamagedSnapshots).Paths);
        await BackUpAsync();

        CheckReport after = await RepositoryCheck.RunAsync(_store, _repository.Keys);
        Assert.Equal(pack, Assert.Single(after.Problems).ObjectName);
        Assert.Empty(after.DamagedSnapshots);
        using OpenRepository again = await _repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(again, _snapshot, _files);
    }

    [Fact]
    public async Task Write_OpenWriterToldOfDamage_StoresTheChunksAgain()
    {
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        foreach (string pack in await _store.NamesAsync("packs/"))
        {
            byte[] content = await _store.GetAsync(pack, int.MaxValue, default);
            content[100] ^= 1;
            await _store.ReplaceAsync(pack, content);
        }

        CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);
        Assert.Single(report.DamagedSnapshots);
        byte[] first = _files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value.Chunk(10_000).First();
        await writer.Repository.DistrustAsync(report, default);
        Assert.True(writer.Repository.IsDistrusted(ChunkId.Of(first)));

        (SnapshotManifest next, _) = await TestBackup.BackUpAsync(writer, _files);

        Assert.False(writer.Repository.IsDistrusted(ChunkId.Of(first)));
        await TestBackup.AssertRestoresAsync(writer.Repository, next, _files);
        await TestBackup.AssertRestoresAsync(writer.Repository, _snapshot, _files);
        Assert.Empty((await RepositoryCheck.RunAsync(_store, _repository.Keys)).DamagedSnapshots);
    }

    [Fact]
    public async Task Read_PackGoneWhileANewSegmentIsNotListedYet_TheNewPackStaysKnown()
    {
        FaultyObjectStore store = new(_store, TimeProvider.System);
        await using RepositoryWriter writer = await _repository.OpenWriterAsync(store);
        List<string> packs = await _store.NamesAsync("packs/");
        await TestBackup.BackUpAsync(writer, TestBackup.Files(53, count: 6));
        HashSet<string> before = [.. await _store.NamesAsync("index/")];
        IReadOnlyDictionary<string, byte[]> files = TestBackup.Files(52, count: 6);
        (SnapshotManifest fresh, _) = await TestBackup.BackUpAsync(writer, files);
        store.Unlisted.UnionWith((await _store.NamesAsync("index/")).Except(before));
        Dictionary<string, byte[]> gone = [];
        foreach (string pack in packs)
        {
            gone[pack] = await _store.GetAsync(pack, int.MaxValue, default);
            await _store.DeleteAsync(pack, default);
        }

        byte[] lost = _files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value.Chunk(10_000).First();
        await Assert.ThrowsAsync<RepositoryCorruptException>(
            async () => await new ChunkReader(writer.Repository).ReadAsync(ChunkId.Of(lost), default));
        await TestBackup.AssertRestoresAsync(writer.Repository, fresh, files);

        foreach ((string pack, byte[] content) in gone)
        {
            await _store.PutIfAbsentAsync(pack, content, default);
        }

        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    private async Task<SnapshotManifest> BackUpAsync()
    {
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        return (await TestBackup.BackUpAsync(writer, _files)).Snapshot;
    }
}
