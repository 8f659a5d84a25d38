using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Keeping;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Keeping;

/// <summary>What a plan wants immutable is everything its restore needs, earlier backups' packs too, and nothing else.</summary>
public sealed class SnapshotKeepingTests : IAsyncLifetime
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly SourceKey Other = new("node-2", SourceKind.Volume, "data");

    private readonly ManualTimeProvider _clock = new();
    private TestRepository _repository = null!;

    public async Task InitializeAsync() => _repository = await TestRepository.CreateAsync(clock: _clock);

    public async Task DisposeAsync()
    {
        await RepositoryCheck.AssertSoundAsync(_repository);
        _repository.Dispose();
    }

    [Fact]
    public async Task Keep_SnapshotThatReusesAnEarlierOnesPacks_KeepsThoseAndNoOthers()
    {
        await BackUpAsync(1, TestBackup.Source);
        IReadOnlyList<string> shared = await _repository.Store.NamesAsync("packs/");
        await BackUpAsync(2, Other);
        List<string> others = [.. (await _repository.Store.NamesAsync("packs/")).Except(shared)];
        SnapshotManifest again = await BackUpAsync(1, TestBackup.Source);
        Keeper keeper = new() { Clock = _clock };

        long moved = await KeepAsync(keeper, again);

        Assert.Equal(keeper.Ends.Count, moved);
        Assert.All(shared, pack => Assert.Equal(_clock.GetUtcNow() + (Month * 1.25), keeper.Ends[pack]));
        Assert.All(others, pack => Assert.DoesNotContain(pack, keeper.Ends.Keys));
        Assert.Equal([$"snapshots/{again.Id}"], keeper.Ends.Keys.Where(n => n.StartsWith("snapshots/", StringComparison.Ordinal)));
        string[] common = ["config", .. await _repository.Store.NamesAsync("keys/"), .. await _repository.Store.NamesAsync("index/")];
        Assert.All(common, name => Assert.Contains(name, keeper.Ends.Keys));
        Assert.Equal(0, await KeepAsync(keeper, again));
    }

    [Fact]
    public async Task Keep_StoreRefusesOne_TriesTheRestAndFails()
    {
        SnapshotManifest snapshot = await BackUpAsync(1, TestBackup.Source);
        Keeper keeper = new() { Clock = _clock, Refused = "config" };

        ObjectStoreException refusal = await Assert.ThrowsAsync<ObjectStoreException>(() => KeepAsync(keeper, snapshot));

        Assert.Equal("config", refusal.ObjectName);
        Assert.Contains($"snapshots/{snapshot.Id}", keeper.Ends.Keys);
    }

    [Theory]
    [InlineData("index/", true)]
    [InlineData("packs/", false)]
    public async Task Keep_ObjectGoneSinceItWasListed_IsNoFaultOfASegmentThatWasCompacted(string prefix, bool kept)
    {
        SnapshotManifest snapshot = await BackUpAsync(1, TestBackup.Source);
        Keeper keeper = new() { Clock = _clock, GonePrefix = prefix };

        ObjectStoreException? refusal = (ObjectStoreException?)await Record.ExceptionAsync(() => KeepAsync(keeper, snapshot));

        Assert.Equal(kept ? null : ObjectStoreError.NotFound, refusal?.Error);
        Assert.Contains($"snapshots/{snapshot.Id}", keeper.Ends.Keys);
    }

    private async Task<SnapshotManifest> BackUpAsync(int seed, SourceKey source)
    {
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        return (await TestBackup.BackUpAsync(writer, TestBackup.Files(seed), source, _clock)).Snapshot;
    }

    private async Task<long> KeepAsync(Keeper keeper, SnapshotManifest snapshot)
    {
        using OpenRepository repository = await _repository.OpenAsync();
        return await new SnapshotKeeping(repository, new ObjectKeeping(keeper, Month)).KeepAsync([snapshot], default);
    }
}
