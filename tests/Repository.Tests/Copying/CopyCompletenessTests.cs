using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Copying;

/// <summary>Sources that list late, answer badly once, or change meanwhile: what is in the copy is whole, and nothing is deleted there for that.</summary>
public sealed class CopyCompletenessTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryObjectStore _inner = new();
    private readonly InMemoryObjectStore _copy = new();
    private readonly FaultyObjectStore _source;
    private TestRepository _repository = null!;

    public CopyCompletenessTests() => _source = new FaultyObjectStore(_inner, TimeProvider.System);

    public async Task InitializeAsync()
    {
        _repository = await TestRepository.CreateAsync(_inner);
        await BackUpAsync(71);
        await BackUpAsync(72);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task PacksListedLate_AreFetchedByTheNamesInTheIndex()
    {
        _source.Unlisted.UnionWith(await _inner.NamesAsync("packs/"));

        Assert.True((await CopyAsync()).IsWhole);

        Assert.Equal(await _inner.NamesAsync("packs/"), await _copy.NamesAsync("packs/"));
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
    }

    [Fact]
    public async Task SegmentListedLate_KeepsBackWhatNeedsIt_UntilTheNextCopy()
    {
        string late = (await _inner.NamesAsync("index/"))[^1];
        _source.Unlisted.Add(late);

        CopyReport first = await CopyAsync();

        Assert.False(first.IsWhole);
        Assert.All(first.Problems, p => Assert.Contains("not copied yet", p.Detail, StringComparison.Ordinal));
        Assert.Single(await _copy.NamesAsync("snapshots/"));
        Assert.Single(await _copy.NamesAsync("restore-points/"));
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
        _source.Unlisted.Clear();
        Assert.True((await CopyAsync()).IsWhole);
        Assert.Equal(2, (await _copy.NamesAsync("restore-points/")).Count);
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("keys/")]
    [InlineData("packs/")]
    [InlineData("index/")]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    public async Task OneBadAnswer_LeavesNothingOut(string prefix)
    {
        _source.Add(new FaultRule { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = prefix, Offset = 100, Count = 1 });

        Assert.True((await CopyAsync()).IsWhole);

        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
    }

    [Fact]
    public async Task SnapshotOfAnUnreadableIndex_IsKeptBack_AndItsRestorePointToo()
    {
        // A listing shows the snapshots, and for every read of the copy's own index the copy is garbled.
        FaultyObjectStore copy = new(_copy, TimeProvider.System, new FaultRule
        {
            Kind = FaultKind.Damage,
            Operations = StoreOperations.Reads,
            NamePrefix = "index/",
            Offset = 100,
        });

        CopyReport report = await RepositoryCopier.RunAsync(_source, copy, _repository.Keys, new CopyOptions(), null, default);

        Assert.Equal(4, report.ProblemCount);
        Assert.Empty(await _copy.NamesAsync("snapshots/"));
        Assert.Empty(await _copy.NamesAsync("restore-points/"));
        Assert.True((await CopyAsync()).IsWhole);
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
    }

    [Fact]
    public async Task Pruning_ListingBehind_DeletesNothing()
    {
        await CopyAsync();
        List<string> before = await _copy.NamesAsync("");
        foreach (string prefix in (string[])["packs/", "index/", "snapshots/", "restore-points/", "keys/"])
        {
            _source.Unlisted.Add((await _inner.NamesAsync(prefix))[0]);
        }

        CopyReport report = await CopyAsync(prune: true);

        Assert.Equal(0, report.Deleted);
        Assert.Equal(before, await _copy.NamesAsync(""));
    }

    [Fact]
    public async Task Pruning_SomethingWasNotCopied_DeletesNothing()
    {
        await CopyAsync();
        await _inner.DeleteAsync((await _inner.NamesAsync("restore-points/"))[0], default);
        await BackUpAsync(73);
        string pack = (await _inner.NamesAsync("packs/")).Except(await _copy.NamesAsync("packs/"), StringComparer.Ordinal).First();
        byte[] sound = await _inner.GetAsync(pack, int.MaxValue, default);
        await _inner.ReplaceAsync(pack, sound[..^1]);

        Assert.Equal((false, 0L), await RunAsync());
        await _inner.ReplaceAsync(pack, sound);
        Assert.Equal((true, 1L), await RunAsync());
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);

        async Task<(bool, long)> RunAsync()
        {
            CopyReport report = await CopyAsync(prune: true);
            return (report.IsWhole, report.Deleted);
        }
    }

    [Fact]
    public async Task Pruning_KeepsDataTheSourceHadWhenThisBegan()
    {
        await CopyAsync();
        await BackUpAsync(73);
        string gone = (await _copy.NamesAsync("packs/"))[0];

        // What a prune of the source does while the last manifests are copied.
        Meanwhile meanwhile = new(() => _inner.DeleteAsync(gone, default).GetAwaiter().GetResult());
        CopyReport report = await RepositoryCopier.RunAsync(_source, _copy, _repository.Keys, new CopyOptions { Prune = true }, meanwhile, default);

        Assert.Equal(0, report.Deleted);
        Assert.NotNull(await _copy.HeadAsync(gone, default));
        await RepositoryCheck.AssertSoundAsync(_copy, _repository.Keys);
        Assert.Equal(1, (await CopyAsync(prune: true)).Deleted);
    }

    private async Task BackUpAsync(int seed)
    {
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        await TestBackup.BackUpAsync(writer, TestBackup.Files(seed, count: 8));
    }

    private Task<CopyReport> CopyAsync(bool prune = false) =>
        RepositoryCopier.RunAsync(_source, _copy, _repository.Keys, new CopyOptions { Prune = prune }, null, default);

    private sealed class Meanwhile(Action action) : IProgress<CopyProgress>
    {
        public void Report(CopyProgress value)
        {
            if (value.Phase == "restore points")
            {
                action();
            }
        }
    }
}
