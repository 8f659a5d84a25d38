using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Packs;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Checking;

/// <summary>Everything in the store is damaged, cut, swapped or removed in turn; the check names it and what it costs.</summary>
public sealed class DamageTests : IAsyncLifetime, IDisposable
{
    private readonly InMemoryObjectStore _store = new();
    private readonly IReadOnlyDictionary<string, byte[]> _files = TestBackup.Files(21, count: 12);
    private readonly IReadOnlyDictionary<string, byte[]> _otherFiles = TestBackup.Files(22, count: 12);
    private TestRepository _repository = null!;
    private SnapshotManifest _snapshot = null!;
    private RestorePointManifest _point = null!;
    private SnapshotManifest _other = null!;

    public async Task InitializeAsync()
    {
        _repository = await TestRepository.CreateAsync(_store);
        await using (RepositoryWriter writer = await _repository.OpenWriterAsync())
        {
            (_snapshot, _point) = await TestBackup.BackUpAsync(writer, _files);
        }

        await using (RepositoryWriter writer = await _repository.OpenWriterAsync())
        {
            (_other, _) = await TestBackup.BackUpAsync(writer, _otherFiles, TestBackup.Source with { Name = "other" });
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _repository.Dispose();

    [Fact]
    public async Task Check_SoundRepository_CountsEverything()
    {
        List<CheckProgress> progress = [];
        CheckReport report = await RepositoryChecker.RunAsync(
            _store, _repository.Keys, new CheckOptions { ReadDataPercent = 100, PacksAtOnce = 1 }, TimeProvider.System, new Collect(progress), default);

        Assert.True(report.IsSound);
        Assert.Equal((2, 2, 2), (report.Snapshots, report.RestorePoints, report.IndexSegments));
        Assert.Equal(report.Packs, report.PacksRead);
        Assert.Equal(["packs", "snapshots", "restore points"], progress.Select(p => p.Phase).Distinct());
        CheckReport structure = await RepositoryChecker.RunAsync(
            _store, _repository.Keys, new CheckOptions(), TimeProvider.System, null, default);
        Assert.True(structure.IsSound);
        Assert.Equal(0, structure.BytesRead);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("state")]
    [InlineData("keys/")]
    [InlineData("index/")]
    [InlineData("packs/")]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    public async Task Check_BitFlippedAnywhere_NamesTheObject(string prefix)
    {
        foreach (string name in (await _store.NamesAsync(prefix)).Take(3))
        {
            byte[] content = await _store.GetAsync(name, int.MaxValue, default);
            foreach (int offset in Offsets(content.Length))
            {
                byte[] damaged = [.. content];
                damaged[offset] ^= 1;
                await _store.ReplaceAsync(name, damaged);

                CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);

                Assert.True(report.Problems.Any(p => p.ObjectName == name), $"{name}, byte {offset} of {content.Length}");
            }

            await _store.ReplaceAsync(name, content);
        }

        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("index/")]
    [InlineData("packs/")]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    public async Task Check_ObjectCutOrEmptyOrLonger_NamesTheObject(string prefix)
    {
        string name = (await _store.NamesAsync(prefix))[0];
        byte[] content = await _store.GetAsync(name, int.MaxValue, default);
        foreach (byte[] changed in (byte[][])[[], content[..1], content[..(content.Length / 2)], content[..^1], [.. content, 0]])
        {
            await _store.ReplaceAsync(name, changed);
            CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);
            Assert.True(report.Problems.Any(p => p.ObjectName == name), $"{name} of {changed.Length} bytes");
        }
    }

    [Theory]
    [InlineData("index/")]
    [InlineData("packs/")]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    [InlineData("keys/")]
    public async Task Check_TwoObjectsSwapped_NamesBoth(string prefix)
    {
        List<string> names = await _store.NamesAsync(prefix);
        byte[] first = await _store.GetAsync(names[0], int.MaxValue, default);
        byte[] last = await _store.GetAsync(names[^1], int.MaxValue, default);
        await _store.ReplaceAsync(names[0], last);
        await _store.ReplaceAsync(names[^1], first);

        CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);

        Assert.Contains(report.Problems, p => p.ObjectName == names[0]);
        Assert.Contains(report.Problems, p => p.ObjectName == names[^1]);
    }

    [Fact]
    public async Task Check_ManifestCopiedUnderAnotherName_IsMisplacedAndTheOthersAreListed()
    {
        byte[] manifest = await _store.GetAsync($"snapshots/{_snapshot.Id}", int.MaxValue, default);
        string copy = $"snapshots/{SnapshotId.Create(TimeProvider.System)}";
        await _store.PutIfAbsentAsync(copy, manifest, default);
        await _store.PutIfAbsentAsync("snapshots/not-an-id", manifest, default);

        using OpenRepository repository = await _repository.OpenAsync();
        List<SnapshotEntry> entries = await repository.Catalog.SnapshotsAsync(null, default).ToListAsync();

        Assert.Equal(4, entries.Count);
        Assert.Equal([_other.Id, _snapshot.Id], entries.Where(e => e.Manifest is not null).Select(e => e.Manifest!.Id));
        Assert.All(entries.Where(e => e.Manifest is null), e => Assert.Equal(RepositoryDamage.Misplaced, e.Damage!.Damage));
        Assert.Contains((await RepositoryCheck.RunAsync(_store, _repository.Keys)).Problems, p => p.ObjectName == copy);
    }

    [Fact]
    public async Task Read_FramesSwappedInsideAPack_IsNotAuthentic()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        ObjectId pack = FirstPack(repository);
        string name = ObjectNames.Pack(pack);
        byte[] content = await _store.GetAsync(name, int.MaxValue, default);
        PackDirectory directory = await PackReader.ReadDirectoryAsync(_store, _repository.Keys, pack, content.Length, default);
        (PackFrame a, PackFrame b) = (directory.Frames[0], directory.Frames[1]);
        int length = Math.Min(a.SealedBytes, b.SealedBytes);
        byte[] swapped = [.. content];
        content.AsSpan(a.Offset, length).CopyTo(swapped.AsSpan(b.Offset));
        content.AsSpan(b.Offset, length).CopyTo(swapped.AsSpan(a.Offset));
        await _store.ReplaceAsync(name, swapped);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(
            () => TestBackup.RestoreAsync(repository, _snapshot));

        Assert.Equal((RepositoryDamage.NotAuthentic, name), (error.Damage, error.ObjectName));
        Assert.NotNull(error.Chunk);
    }

    [Fact]
    public async Task Check_PackDeleted_NamesExactlyWhatItCosts()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        string victim = ObjectNames.Pack(FirstPack(repository));
        await _store.DeleteAsync(victim, default);

        CheckReport report = await RepositoryCheck.RunAsync(_store, _repository.Keys);

        CheckProblem problem = Assert.Single(report.Problems);
        Assert.Equal((victim, RepositoryDamage.Missing), (problem.ObjectName, problem.Damage));
        Assert.Equal([_snapshot.Id], problem.Snapshots);
        Assert.Equal([_point.Id], problem.RestorePoints);
        Assert.Equal(await UnreadableFilesAsync(repository), problem.Paths.Select(p => p[(p.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        await TestBackup.AssertRestoresAsync(repository, _other, _otherFiles);
    }

    [Fact]
    public async Task Check_SnapshotManifestDeleted_NamesTheRestorePoint()
    {
        await _store.DeleteAsync($"snapshots/{_snapshot.Id}", default);

        CheckProblem problem = Assert.Single((await RepositoryCheck.RunAsync(_store, _repository.Keys)).Problems);

        Assert.Equal(($"snapshots/{_snapshot.Id}", RepositoryDamage.Missing), (problem.ObjectName, problem.Damage));
        Assert.Equal([_point.Id], problem.RestorePoints);
    }

    [Fact]
    public async Task Rebuild_AllIndexSegmentsDeleted_RestoresEverythingAndIsIdempotent()
    {
        foreach (string name in await _store.NamesAsync("index/"))
        {
            await _store.DeleteAsync(name, default);
        }

        CheckReport before = await RepositoryCheck.RunAsync(_store, _repository.Keys);
        Assert.False(before.IsSound);
        Assert.Equal(before.Packs, before.OrphanCount);

        IndexRebuildReport first = await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);
        IndexRebuildReport second = await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);

        Assert.Equal((before.Packs, before.Packs, 1), (first.Packs, first.Added, first.Segments.Count));
        Assert.Equal((0, 0), (second.Added, second.Segments.Count));
        await RepositoryCheck.AssertSoundAsync(_repository);
        using OpenRepository repository = await _repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _snapshot, _files);
        await TestBackup.AssertRestoresAsync(repository, _other, _otherFiles);
    }

    [Fact]
    public async Task Rebuild_TakesTheLease_AndOnlySaysWhatItWouldDoUnlessTold()
    {
        foreach (string name in await _store.NamesAsync("index/"))
        {
            await _store.DeleteAsync(name, default);
        }

        List<string> before = await _store.NamesAsync("");
        await using RepositoryWriter running = await _repository.OpenWriterAsync();
        IndexRebuildReport plan = await IndexRebuilder.RunAsync(_store, _repository.Keys, false, TimeProvider.System, default);

        Assert.True(plan.Added > 0);
        Assert.Empty(plan.Segments);
        Assert.Equal(before, await _store.NamesAsync(""));
        await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);
        await Assert.ThrowsAsync<WriterFencedException>(() => TestBackup.BackUpAsync(running, _files));
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task Rebuild_OneSegmentDamaged_MakesEverythingReadableAndThenRemovesIt()
    {
        string name = (await _store.NamesAsync("index/"))[0];
        byte[] content = await _store.GetAsync(name, int.MaxValue, default);
        content[100] ^= 1;
        await _store.ReplaceAsync(name, content);
        using (OpenRepository damaged = await _repository.OpenAsync())
        {
            Assert.Equal(name, Assert.Single(damaged.DamagedIndexSegments).ObjectName);
            RepositoryCorruptException error = damaged.Missing(_snapshot.Root);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }

        IndexRebuildReport plan = await IndexRebuilder.RunAsync(_store, _repository.Keys, false, TimeProvider.System, default);
        Assert.NotNull(await _store.HeadAsync(name, default));
        IndexRebuildReport report = await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);

        Assert.True(report.Added > 0);
        Assert.Equal([name], plan.Removed);
        Assert.Equal([name], report.Removed);
        Assert.Null(await _store.HeadAsync(name, default));
        using OpenRepository repository = await _repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _snapshot, _files);
        await TestBackup.AssertRestoresAsync(repository, _other, _otherFiles);
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task Rebuild_OnePackUnreadable_KeepsDamagedSegments()
    {
        string name = (await _store.NamesAsync("index/"))[0];
        byte[] content = await _store.GetAsync(name, int.MaxValue, default);
        content[100] ^= 1;
        await _store.ReplaceAsync(name, content);
        string orphan = "packs/00/00000000000000000000000000000000";
        await _store.PutIfAbsentAsync(orphan, new byte[100], default);

        IndexRebuildReport report = await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default);

        Assert.Equal([orphan], report.Unreadable.Select(u => u.ObjectName));
        Assert.Empty(report.Removed);
        Assert.NotNull(await _store.HeadAsync(name, default));
        await _store.DeleteAsync(orphan, default);
        Assert.Equal([name], (await IndexRebuilder.RunAsync(_store, _repository.Keys, true, TimeProvider.System, default)).Removed);
        await RepositoryCheck.AssertSoundAsync(_repository);
    }

    [Fact]
    public async Task Open_NewerFormat_IsRefusedPrecisely()
    {
        byte[] config = await _store.GetAsync("config", int.MaxValue, default);
        config[8] = 2;
        await _store.ReplaceAsync("config", config);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(_repository.OpenAsync);

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ConfigOfAnotherRepository_IsRefused()
    {
        using TestRepository other = await TestRepository.CreateAsync();
        await _store.ReplaceAsync("config", await other.Store.GetAsync("config", int.MaxValue, default));

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(_repository.OpenAsync);

        Assert.Equal(RepositoryDamage.Misplaced, error.Damage);
    }

    [Fact]
    public async Task Plan_PackMissing_GivesTheOtherChunksAndSaysWhichAreLost()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        List<ChunkId> chunks = await ChunkListReader.ReadAsync(new ChunkReader(repository), _snapshot, default).ToListAsync();
        chunks.Add(ChunkId.Of("unknown"u8));
        ReadPlan sound = ReadPlan.Create(repository, chunks);
        List<PlannedChunk> before = await sound.ReadAsync(default).ToListAsync();
        await _store.DeleteAsync(ObjectNames.Pack(FirstPack(repository)), default);
        List<PlannedChunk> after = await ReadPlan.Create(repository, chunks.Concat(chunks)).ReadAsync(default).ToListAsync();

        Assert.Equal(chunks.Order(), before.Select(c => c.Id).Order());
        Assert.Equal([ChunkId.Of("unknown"u8)], before.Where(c => c.Damage is not null).Select(c => c.Id));
        Assert.All(before.Where(c => c.Damage is null), c => Assert.Equal(c.Id, ChunkId.Of(c.Plaintext.Span)));
        Assert.True(sound.RangeCount < chunks.Count / 2, $"{sound.RangeCount} requests for {chunks.Count} chunks");
        Assert.Equal(chunks.Order(), after.Select(c => c.Id).Order());
        Assert.True(after.Count(c => c.Damage is not null) > 1);
        Assert.Contains(after, c => c.Damage is null);
        Assert.All(after.Where(c => c.Damage is null), c => Assert.Equal(c.Id, ChunkId.Of(c.Plaintext.Span)));
    }

    [Fact]
    public async Task Catalog_ByIdPrefixSourceAndAge_FindsWhatIsThere()
    {
        using OpenRepository repository = await _repository.OpenAsync();
        SnapshotCatalog catalog = repository.Catalog;
        List<RestorePointEntry> points = await catalog.RestorePointsAsync(default).ToListAsync();

        Assert.Equal(2, points.Count);
        Assert.Equal(_point.Id, points[^1].Id);
        Assert.Contains(_snapshot.Id, await catalog.SnapshotsAsync(TestBackup.Source, default).Select(s => s.Id).ToListAsync());
        Assert.Empty(await catalog.SnapshotsAsync(TestBackup.Source with { Node = "none" }, default).ToListAsync());
        Assert.Equal(_snapshot.Id, (await catalog.GetSnapshotAsync(_snapshot.Id, default))?.Id);
        Assert.Null(await catalog.GetRestorePointAsync(RestorePointId.Create(TimeProvider.System), default));
        Assert.Equal(_snapshot.Id, (await catalog.FindSnapshotAsync(_snapshot.Id.ToString()[..20], default))?.Id);
        Assert.Null(await catalog.FindRestorePointAsync("7zzz", default));
        Assert.Null(await catalog.FindRestorePointAsync("../keys", default));
        await Assert.ThrowsAsync<AmbiguousIdException>(() => catalog.FindSnapshotAsync(_snapshot.Id.ToString()[..3], default));
    }

    // The pack with the beginning of the first file; the tree came last and is in another one.
    private ObjectId FirstPack(OpenRepository repository)
    {
        byte[] content = _files.OrderBy(f => f.Key, StringComparer.Ordinal).First().Value;
        return repository.Index.Frame(repository.Locate(ChunkId.Of(content.Chunk(10_000).First())).Frame).Header.Id;
    }

    private async Task<List<string>> UnreadableFilesAsync(OpenRepository repository)
    {
        ChunkReader chunks = new(repository, cacheBytes: 0);
        List<string> unreadable = [];
        foreach ((string path, byte[] content) in _files)
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

        return [.. unreadable.Order(StringComparer.Ordinal)];
    }

    // The whole header, some of the middle, and the whole end: every region of every kind of object.
    private static IEnumerable<int> Offsets(int length) =>
        Enumerable.Range(0, Math.Min(length, 64)).Where(i => i % 5 == 0)
            .Concat(Enumerable.Range(1, 6).Select(i => (int)((long)length * i / 7)))
            .Concat(Enumerable.Range(1, Math.Min(length, 48)).Where(i => i % 5 == 1).Select(i => length - i))
            .Distinct();

    private sealed class Collect(List<CheckProgress> into) : IProgress<CheckProgress>
    {
        public void Report(CheckProgress value) => into.Add(value);
    }
}
