using K8sBackup.Model.Ids;
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
    private TwoBackups _world = null!;

    public async Task InitializeAsync() => _world = await TwoBackups.CreateAsync(21);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Check_SoundRepository_CountsEverything()
    {
        List<CheckProgress> progress = [];
        CheckReport report = await RepositoryChecker.RunAsync(
            _world.Store, _world.Repository.Keys, new CheckOptions { ReadDataPercent = 100, PacksAtOnce = 1 }, TimeProvider.System, new Collect(progress), default);

        Assert.True(report.IsSound);
        Assert.Equal((2, 2, 2), (report.Snapshots, report.RestorePoints, report.IndexSegments));
        Assert.Equal(report.Packs, report.PacksRead);
        Assert.Equal(["packs", "snapshots", "restore points"], progress.Select(p => p.Phase).Distinct());
        CheckReport structure = await RepositoryChecker.RunAsync(
            _world.Store, _world.Repository.Keys, new CheckOptions(), TimeProvider.System, null, default);
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
        foreach (string name in (await _world.Store.NamesAsync(prefix)).Take(3))
        {
            byte[] content = await _world.Store.GetAsync(name, int.MaxValue, default);
            foreach (int offset in Offsets(content.Length))
            {
                byte[] damaged = [.. content];
                damaged[offset] ^= 1;
                await _world.Store.ReplaceAsync(name, damaged);

                CheckReport report = await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys);

                Assert.True(report.Problems.Any(p => p.ObjectName == name), $"{name}, byte {offset} of {content.Length}");
            }

            await _world.Store.ReplaceAsync(name, content);
        }

        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("index/")]
    [InlineData("packs/")]
    [InlineData("snapshots/")]
    [InlineData("restore-points/")]
    public async Task Check_ObjectCutOrEmptyOrLonger_NamesTheObject(string prefix)
    {
        string name = (await _world.Store.NamesAsync(prefix))[0];
        byte[] content = await _world.Store.GetAsync(name, int.MaxValue, default);
        foreach (byte[] changed in (byte[][])[[], content[..1], content[..(content.Length / 2)], content[..^1], [.. content, 0]])
        {
            await _world.Store.ReplaceAsync(name, changed);
            CheckReport report = await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys);
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
        List<string> names = await _world.Store.NamesAsync(prefix);
        byte[] first = await _world.Store.GetAsync(names[0], int.MaxValue, default);
        byte[] last = await _world.Store.GetAsync(names[^1], int.MaxValue, default);
        await _world.Store.ReplaceAsync(names[0], last);
        await _world.Store.ReplaceAsync(names[^1], first);

        CheckReport report = await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys);

        Assert.Contains(report.Problems, p => p.ObjectName == names[0]);
        Assert.Contains(report.Problems, p => p.ObjectName == names[^1]);
    }

    [Fact]
    public async Task Check_ManifestCopiedUnderAnotherName_IsMisplacedAndTheOthersAreListed()
    {
        byte[] manifest = await _world.Store.GetAsync($"snapshots/{_world.Snapshot.Id}", int.MaxValue, default);
        string copy = $"snapshots/{SnapshotId.Create(TimeProvider.System)}";
        await _world.Store.PutIfAbsentAsync(copy, manifest, default);
        await _world.Store.PutIfAbsentAsync("snapshots/not-an-id", manifest, default);

        using OpenRepository repository = await _world.Repository.OpenAsync();
        List<SnapshotEntry> entries = await repository.Catalog.SnapshotsAsync(null, default).ToListAsync();

        Assert.Equal(4, entries.Count);
        Assert.Equal([_world.Other.Id, _world.Snapshot.Id], entries.Where(e => e.Manifest is not null).Select(e => e.Manifest!.Id));
        Assert.All(entries.Where(e => e.Manifest is null), e => Assert.Equal(RepositoryDamage.Misplaced, e.Damage!.Damage));
        Assert.Contains((await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys)).Problems, p => p.ObjectName == copy);
    }

    [Fact]
    public async Task Read_FramesSwappedInsideAPack_IsNotAuthentic()
    {
        using OpenRepository repository = await _world.Repository.OpenAsync();
        string name = await _world.FirstPackAsync();
        Assert.True(ObjectNames.TryParsePack(name, out ObjectId pack));
        byte[] content = await _world.Store.GetAsync(name, int.MaxValue, default);
        PackDirectory directory = await PackReader.ReadDirectoryAsync(_world.Store, _world.Repository.Keys, pack, content.Length, default);
        (PackFrame a, PackFrame b) = (directory.Frames[0], directory.Frames[1]);
        int length = Math.Min(a.SealedBytes, b.SealedBytes);
        byte[] swapped = [.. content];
        content.AsSpan(a.Offset, length).CopyTo(swapped.AsSpan(b.Offset));
        content.AsSpan(b.Offset, length).CopyTo(swapped.AsSpan(a.Offset));
        await _world.Store.ReplaceAsync(name, swapped);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(
            () => TestBackup.RestoreAsync(repository, _world.Snapshot));

        Assert.Equal((RepositoryDamage.NotAuthentic, name), (error.Damage, error.ObjectName));
        Assert.NotNull(error.Chunk);
    }

    [Fact]
    public async Task Check_PackDeleted_NamesExactlyWhatItCosts()
    {
        using OpenRepository repository = await _world.Repository.OpenAsync();
        string victim = await _world.FirstPackAsync();
        await _world.Store.DeleteAsync(victim, default);

        CheckReport report = await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys);

        CheckProblem problem = Assert.Single(report.Problems);
        Assert.Equal((victim, RepositoryDamage.Missing), (problem.ObjectName, problem.Damage));
        Assert.Equal([_world.Snapshot.Id], problem.Snapshots);
        Assert.Equal([_world.Point.Id], problem.RestorePoints);
        Assert.Equal(await _world.UnreadableFilesAsync(), problem.Paths.Select(p => p[(p.IndexOf(' ', StringComparison.Ordinal) + 1)..]));
        await TestBackup.AssertRestoresAsync(repository, _world.Other, _world.OtherFiles);
    }

    [Fact]
    public async Task Check_SnapshotManifestDeleted_NamesTheRestorePoint()
    {
        await _world.Store.DeleteAsync($"snapshots/{_world.Snapshot.Id}", default);

        CheckProblem problem = Assert.Single((await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys)).Problems);

        Assert.Equal(($"snapshots/{_world.Snapshot.Id}", RepositoryDamage.Missing), (problem.ObjectName, problem.Damage));
        Assert.Equal([_world.Point.Id], problem.RestorePoints);
    }

    [Fact]
    public async Task Rebuild_AllIndexSegmentsDeleted_RestoresEverythingAndIsIdempotent()
    {
        foreach (string name in await _world.Store.NamesAsync("index/"))
        {
            await _world.Store.DeleteAsync(name, default);
        }

        CheckReport before = await RepositoryCheck.RunAsync(_world.Store, _world.Repository.Keys);
        Assert.False(before.IsSound);
        Assert.Equal(before.Packs, before.OrphanCount);

        IndexRebuildReport first = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);
        IndexRebuildReport second = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);

        Assert.Equal((before.Packs, before.Packs, 1), (first.Packs, first.Added, first.Segments.Count));
        Assert.Equal((0, 0), (second.Added, second.Segments.Count));
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
        using OpenRepository repository = await _world.Repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _world.Snapshot, _world.Files);
        await TestBackup.AssertRestoresAsync(repository, _world.Other, _world.OtherFiles);
    }

    [Fact]
    public async Task Rebuild_TakesTheLease_AndOnlySaysWhatItWouldDoUnlessTold()
    {
        foreach (string name in await _world.Store.NamesAsync("index/"))
        {
            await _world.Store.DeleteAsync(name, default);
        }

        List<string> before = await _world.Store.NamesAsync("");
        await using RepositoryWriter running = await _world.Repository.OpenWriterAsync();
        IndexRebuildReport plan = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, false, TimeProvider.System, default);

        Assert.True(plan.Added > 0);
        Assert.Empty(plan.Segments);
        Assert.Equal(before, await _world.Store.NamesAsync(""));
        await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);
        await Assert.ThrowsAsync<WriterFencedException>(() => TestBackup.BackUpAsync(running, _world.Files));
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Rebuild_OneSegmentDamaged_MakesEverythingReadableAndThenRemovesIt()
    {
        string name = (await _world.Store.NamesAsync("index/"))[0];
        byte[] content = await _world.Store.GetAsync(name, int.MaxValue, default);
        content[100] ^= 1;
        await _world.Store.ReplaceAsync(name, content);
        using (OpenRepository damaged = await _world.Repository.OpenAsync())
        {
            Assert.Equal(name, Assert.Single(damaged.DamagedIndexSegments).ObjectName);
            RepositoryCorruptException error = damaged.Missing(_world.Snapshot.Root);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }

        IndexRebuildReport plan = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, false, TimeProvider.System, default);
        Assert.NotNull(await _world.Store.HeadAsync(name, default));
        IndexRebuildReport report = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);

        Assert.True(report.Added > 0);
        Assert.Equal([name], plan.Removed);
        Assert.Equal([name], report.Removed);
        Assert.Null(await _world.Store.HeadAsync(name, default));
        using OpenRepository repository = await _world.Repository.OpenAsync();
        await TestBackup.AssertRestoresAsync(repository, _world.Snapshot, _world.Files);
        await TestBackup.AssertRestoresAsync(repository, _world.Other, _world.OtherFiles);
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Rebuild_OnePackUnreadable_KeepsDamagedSegments()
    {
        string name = (await _world.Store.NamesAsync("index/"))[0];
        byte[] content = await _world.Store.GetAsync(name, int.MaxValue, default);
        content[100] ^= 1;
        await _world.Store.ReplaceAsync(name, content);
        string orphan = "packs/00/00000000000000000000000000000000";
        await _world.Store.PutIfAbsentAsync(orphan, new byte[100], default);

        IndexRebuildReport report = await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default);

        Assert.Equal([orphan], report.Unreadable.Select(u => u.ObjectName));
        Assert.Empty(report.Removed);
        Assert.NotNull(await _world.Store.HeadAsync(name, default));
        await _world.Store.DeleteAsync(orphan, default);
        Assert.Equal([name], (await IndexRebuilder.RunAsync(_world.Store, _world.Repository.Keys, true, TimeProvider.System, default)).Removed);
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Open_NewerFormat_IsRefusedPrecisely()
    {
        byte[] config = await _world.Store.GetAsync("config", int.MaxValue, default);
        config[8] = 2;
        await _world.Store.ReplaceAsync("config", config);

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(_world.Repository.OpenAsync);

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Contains("version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ConfigOfAnotherRepository_IsRefused()
    {
        using TestRepository other = await TestRepository.CreateAsync();
        await _world.Store.ReplaceAsync("config", await other.Store.GetAsync("config", int.MaxValue, default));

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(_world.Repository.OpenAsync);

        Assert.Equal(RepositoryDamage.Misplaced, error.Damage);
    }

    [Fact]
    public async Task Plan_PackMissing_GivesTheOtherChunksAndSaysWhichAreLost()
    {
        using OpenRepository repository = await _world.Repository.OpenAsync();
        List<ChunkId> chunks = await ChunkListReader.ReadAsync(new ChunkReader(repository), _world.Snapshot, default).ToListAsync();
        chunks.Add(ChunkId.Of("unknown"u8));
        ReadPlan sound = ReadPlan.Create(repository, chunks);
        List<PlannedChunk> before = await sound.ReadAsync(default).ToListAsync();
        await _world.Store.DeleteAsync(await _world.FirstPackAsync(), default);
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
        using OpenRepository repository = await _world.Repository.OpenAsync();
        SnapshotCatalog catalog = repository.Catalog;
        List<RestorePointEntry> points = await catalog.RestorePointsAsync(default).ToListAsync();

        Assert.Equal(2, points.Count);
        Assert.Equal(_world.Point.Id, points[^1].Id);
        Assert.Contains(_world.Snapshot.Id, await catalog.SnapshotsAsync(TestBackup.Source, default).Select(s => s.Id).ToListAsync());
        Assert.Empty(await catalog.SnapshotsAsync(TestBackup.Source with { Node = "none" }, default).ToListAsync());
        Assert.Equal(_world.Snapshot.Id, (await catalog.GetSnapshotAsync(_world.Snapshot.Id, default))?.Id);
        Assert.Null(await catalog.GetRestorePointAsync(RestorePointId.Create(TimeProvider.System), default));
        Assert.Equal(_world.Snapshot.Id, (await catalog.FindSnapshotAsync(_world.Snapshot.Id.ToString()[..20], default))?.Id);
        Assert.Null(await catalog.FindRestorePointAsync("7zzz", default));
        Assert.Null(await catalog.FindRestorePointAsync("../keys", default));
        await Assert.ThrowsAsync<AmbiguousIdException>(() => catalog.FindSnapshotAsync(_world.Snapshot.Id.ToString()[..3], default));
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
