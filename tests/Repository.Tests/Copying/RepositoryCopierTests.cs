using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Copying;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Copying;

public sealed class RepositoryCopierTests
{
    private static readonly IReadOnlyDictionary<string, byte[]> s_first = TestBackup.Files(81, count: 10);
    private static readonly IReadOnlyDictionary<string, byte[]> s_second = TestBackup.Files(82, count: 10);

    private readonly InMemoryObjectStore _source = new();
    private readonly InMemoryObjectStore _copy = new();

    [Fact]
    public async Task Copy_OpensWithTheSameKeysAndRestores_AndTheNextOneBringsOnlyWhatIsNew()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        SnapshotManifest first = await BackUpAsync(repository, s_first);
        CopyReport whole = await CopyAsync(repository);

        Assert.True(whole.IsWhole);
        Assert.Equal((await NamesAsync(_source)).Count, whole.Copied);
        Assert.Equal(await NamesAsync(_source), await NamesAsync(_copy));
        foreach (SlotCredential credential in (SlotCredential[])[repository.KeyFile, repository.Recovery])
        {
            using MasterKeys keys = await new KeySlots(_copy, TimeProvider.System).UnlockAsync(credential, default);
            using OpenRepository open = await OpenRepository.OpenAsync(_copy, keys, default);
            await TestBackup.AssertRestoresAsync(open, first, s_first);
            await RepositoryCheck.AssertSoundAsync(_copy, keys);
        }

        Assert.Equal((0, 0L), ((int)(await CopyAsync(repository)).Copied, (await CopyAsync(repository)).CopiedBytes));
        List<string> before = await NamesAsync(_source);
        await BackUpAsync(repository, s_second);
        CopyReport next = await CopyAsync(repository);
        Assert.Equal((await NamesAsync(_source)).Except(before).Count(), next.Copied);
        Assert.Equal(before.Count, next.Present);
        await RepositoryCheck.AssertSoundAsync(_copy, repository.Keys);
    }

    [Fact]
    public async Task Copy_StoppedAtAnyWrite_IsSoundSoFarAndGoesOn()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        await BackUpAsync(repository, s_first);
        await BackUpAsync(repository, s_second);
        int objects = (await NamesAsync(_source)).Count;
        for (int writes = 0; writes < objects; writes++)
        {
            InMemoryObjectStore inner = new();
            FaultyObjectStore stopping = new(
                inner, TimeProvider.System, new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Writes, Skip = writes });
            await Assert.ThrowsAnyAsync<Exception>(
                () => RepositoryCopier.RunAsync(_source, stopping, repository.Keys, new CopyOptions(), null, default));
            if (await inner.HeadAsync("config", default) is not null)
            {
                await RepositoryCheck.AssertSoundAsync(inner, repository.Keys);
            }

            CopyReport rest = await RepositoryCopier.RunAsync(_source, inner, repository.Keys, new CopyOptions(), null, default);
            Assert.True(rest.IsWhole);
            Assert.Equal(objects, writes + rest.Copied);
            await RepositoryCheck.AssertSoundAsync(inner, repository.Keys);
        }
    }

    [Theory]
    [InlineData("packs/")]
    [InlineData("index/")]
    [InlineData("snapshots/")]
    [InlineData("keys/")]
    public async Task Copy_DamagedObject_IsNamedAndNotCopied_AndTheCopyHealsTheSource(string prefix)
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        await BackUpAsync(repository, s_first);
        await CopyAsync(repository);
        string name = (await _source.NamesAsync(prefix))[0];
        byte[] content = await _source.GetAsync(name, int.MaxValue, default);
        byte[] damaged = [.. content];
        damaged[damaged.Length / 2] ^= 1;
        await _source.ReplaceAsync(name, damaged);
        await _copy.DeleteAsync(name, default);

        CopyProblem problem = Assert.Single((await CopyAsync(repository)).Problems);

        Assert.Equal((name, true), (problem.ObjectName, problem.IsAtSource));
        Assert.Null(await _copy.HeadAsync(name, default));
        await _copy.PutIfAbsentAsync(name, content, default);
        await _source.DeleteAsync(name, default);
        CopyReport back = await RepositoryCopier.RunAsync(_copy, _source, repository.Keys, new CopyOptions(), null, default);
        Assert.Equal(1, back.Copied);
        await RepositoryCheck.AssertSoundAsync(_source, repository.Keys);
    }

    [Fact]
    public async Task Copy_ToAnotherRepository_IsRefused()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        using TestRepository other = await TestRepository.CreateAsync(_copy);
        List<string> before = await NamesAsync(_copy);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(() => CopyAsync(repository));

        Assert.Equal(RepositoryDamage.Misplaced, error.Damage);
        Assert.Equal(before, await NamesAsync(_copy));
    }

    [Fact]
    public async Task Copy_SourceDeleted_StaysUnlessAskedFor()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        SnapshotManifest first = await BackUpAsync(repository, s_first);
        await BackUpAsync(repository, s_second);
        await CopyAsync(repository);
        string point = (await _source.NamesAsync("restore-points/"))[0];
        await _source.DeleteAsync(point, default);
        await _source.DeleteAsync($"snapshots/{first.Id}", default);

        Assert.Equal(0, (await CopyAsync(repository)).Deleted);
        Assert.NotNull(await _copy.HeadAsync(point, default));
        CopyReport pruned = await CopyAsync(repository, prune: true);
        Assert.Equal(2, pruned.Deleted);
        Assert.Equal(await NamesAsync(_source), await NamesAsync(_copy));
        await RepositoryCheck.AssertSoundAsync(_copy, repository.Keys);

        foreach (string left in await _source.NamesAsync("restore-points/"))
        {
            await _source.DeleteAsync(left, default);
        }

        CopyReport refused = await CopyAsync(repository, prune: true);
        Assert.Equal(0, refused.Deleted);
        Assert.False(refused.IsWhole);
    }

    [Fact]
    public async Task Copy_OtherContentUnderAName_IsNamedAndLeftAlone()
    {
        using TestRepository repository = await TestRepository.CreateAsync(_source);
        await BackUpAsync(repository, s_first);
        await CopyAsync(repository);
        string pack = (await _copy.NamesAsync("packs/"))[0];
        await _copy.ReplaceAsync(pack, new byte[10]);

        CopyProblem problem = Assert.Single((await CopyAsync(repository)).Problems);

        Assert.Equal((pack, false), (problem.ObjectName, problem.IsAtSource));
        Assert.Equal(10, (await _copy.HeadAsync(pack, default))!.Length);
    }

    private static async Task<SnapshotManifest> BackUpAsync(TestRepository repository, IReadOnlyDictionary<string, byte[]> files)
    {
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        return (await TestBackup.BackUpAsync(writer, files)).Snapshot;
    }

    private Task<CopyReport> CopyAsync(TestRepository repository, bool prune = false) =>
        RepositoryCopier.RunAsync(_source, _copy, repository.Keys, new CopyOptions { Prune = prune }, null, default);

    // The writer's state is the source's own.
    private static async Task<List<string>> NamesAsync(InMemoryObjectStore store) => [.. (await store.NamesAsync("")).Where(n => n != "state")];
}
