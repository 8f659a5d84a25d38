using K8sBackup.ObjectStore;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Checking;

/// <summary>Reading a share of the data at a time reads everything in the end, and what was read is remembered.</summary>
public sealed class CoverageTests
{
    private readonly InMemoryObjectStore _store = new();
    private readonly ManualTimeProvider _clock = new();

    [Fact]
    public async Task Check_AShareADay_ReadsEverythingOnceBeforeAnythingTwice()
    {
        using TestRepository repository = await CreateAsync(packs: 20);
        int packs = (await _store.NamesAsync("packs/")).Count;
        long read = 0;
        int checks = 0;
        CheckReport report;
        do
        {
            _clock.Advance(TimeSpan.FromDays(1));
            report = await CheckAsync(repository, 10);
            read += report.PacksRead;
            checks++;
            Assert.Equal(read, report.PacksEverRead);
            Assert.InRange(report.PacksRead, 1, (packs / 10) + 2);
        }
        while (report.PacksEverRead < report.Packs);

        Assert.Equal(packs, read);
        Assert.InRange(checks, 7, 11);
        DateTimeOffset first = _clock.GetUtcNow() - TimeSpan.FromDays(checks - 1);
        Assert.Equal(first, report.OldestRead!.Value, TimeSpan.FromMilliseconds(1));

        // The next one begins with what was read first.
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.True((await CheckAsync(repository, 10)).OldestRead > first);
    }

    [Fact]
    public async Task Check_WithinAPeriod_ReadsEveryPackInTimeHoweverManyCome()
    {
        TimeSpan day = TimeSpan.FromDays(1);
        TimeSpan period = TimeSpan.FromDays(10);
        using TestRepository repository = await CreateAsync(packs: 20);
        Dictionary<string, DateTimeOffset> came = [];
        for (int i = 0; i < 35; i++)
        {
            // For a while more comes than the share of a day; that alone would always be read first.
            await (i < 12 ? AddPacksAsync(repository, 4, seed: 100 + i) : Task.CompletedTask);
            foreach (string pack in await _store.NamesAsync("packs/"))
            {
                came.TryAdd(pack, _clock.GetUtcNow());
            }

            _clock.Advance(day);
            CheckReport report = await CheckAsync(
                repository, new CheckOptions { ReadDataPercent = 10, ReadDataOlderThan = period - day, RecordCoverage = true });
            IReadOnlyList<DateTimeOffset> last = await AgesAsync(repository, came);
            Assert.Equal(report.PacksRead, last.Count(t => t == _clock.GetUtcNow()));
            Assert.True(_clock.GetUtcNow() - last.Min() <= period, $"day {i}: {_clock.GetUtcNow() - last.Min()}");
            Assert.True(report.PacksRead < report.Packs, $"day {i}");
        }
    }

    [Fact]
    public async Task Check_OverdueOnly_ReadsNothingElse()
    {
        using TestRepository repository = await CreateAsync(packs: 6);
        CheckOptions overdue = new() { ReadDataOlderThan = TimeSpan.FromDays(7), RecordCoverage = true };

        Assert.Equal(0, (await CheckAsync(repository, overdue)).PacksRead);
        _clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal(0, (await CheckAsync(repository, overdue)).PacksRead);
        _clock.Advance(TimeSpan.FromDays(1));
        CheckReport due = await CheckAsync(repository, overdue);
        Assert.Equal(due.Packs, due.PacksRead);
        Assert.Equal(0, (await CheckAsync(repository, overdue)).PacksRead);
    }

    [Fact]
    public async Task Check_RecordsOfAClockThatWasAhead_CountForNothing()
    {
        using TestRepository repository = await CreateAsync(packs: 6);
        CheckOptions overdue = new() { ReadDataOlderThan = TimeSpan.FromDays(7), RecordCoverage = true };
        _clock.Jump(TimeSpan.FromDays(3650));
        CheckReport ahead = await CheckAsync(repository, 100);
        Assert.Equal(ahead.Packs, ahead.PacksRead);
        _clock.Jump(TimeSpan.FromDays(-3650));

        Assert.Equal(0, (await CheckAsync(repository, overdue)).PacksEverRead);
        _clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(ahead.Packs, (await CheckAsync(repository, overdue)).PacksRead);
        Assert.Equal(0, (await CheckAsync(repository, overdue)).PacksRead);
    }

    [Fact]
    public async Task Check_ManyRecords_AreMergedAndNothingIsForgotten()
    {
        using TestRepository repository = await CreateAsync(packs: 12);
        for (int i = 0; i < 40; i++)
        {
            _clock.Advance(TimeSpan.FromDays(1));
            await CheckAsync(repository, 3);
        }

        CheckReport report = await CheckAsync(repository, 0);
        Assert.InRange((await _store.NamesAsync("coverage/")).Count, 1, 17);
        Assert.Equal(report.Packs, report.PacksEverRead);
        Assert.Equal(0, report.BytesRead);
    }

    [Fact]
    public async Task Check_NotAskedToRecord_WritesNothing()
    {
        using TestRepository repository = await CreateAsync(packs: 3);
        List<string> before = await _store.NamesAsync("");

        await RepositoryCheck.AssertSoundAsync(repository);

        Assert.Equal(before, await _store.NamesAsync(""));
    }

    [Fact]
    public async Task Check_CoverageRecordDamaged_IsAFindingAndCostsReadingAgain()
    {
        using TestRepository repository = await CreateAsync(packs: 4);
        await CheckAsync(repository, 100);
        string record = Assert.Single(await _store.NamesAsync("coverage/"));
        byte[] content = await _store.GetAsync(record, int.MaxValue, default);
        content[^1] ^= 1;
        await _store.ReplaceAsync(record, content);

        CheckReport report = await CheckAsync(repository, 0);

        Assert.Equal(record, Assert.Single(report.Problems).ObjectName);
        Assert.Equal(0, report.PacksEverRead);
    }

    [Theory]
    [InlineData("packs/", ObjectStoreError.Unavailable)]
    [InlineData("packs/", ObjectStoreError.PermissionDenied)]
    [InlineData("index/", ObjectStoreError.Unavailable)]
    [InlineData("snapshots/", ObjectStoreError.PermissionDenied)]
    [InlineData("restore-points/", ObjectStoreError.Unavailable)]
    [InlineData("keys/", ObjectStoreError.Unavailable)]
    [InlineData("state", ObjectStoreError.Unavailable)]
    public async Task Check_OneObjectUnreadable_IsAFindingAndTheRestIsChecked(string prefix, ObjectStoreError error)
    {
        using TestRepository repository = await CreateAsync(packs: 4);
        string name = (await _store.NamesAsync(prefix))[0];
        FaultyObjectStore bad = new(
            _store,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.Get | StoreOperations.GetRange | StoreOperations.Head, NamePrefix = name, Error = error });

        CheckReport report = await RepositoryCheck.RunAsync(bad, repository.Keys);

        CheckProblem problem = report.Problems.First(p => p.ObjectName == name);
        Assert.Equal(RepositoryDamage.Unreadable, problem.Damage);
        Assert.Equal((4, 1), (report.Packs - 1, report.Snapshots));
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    [Fact]
    public async Task Check_StoreGone_EndsInsteadOfCallingEverythingDamaged()
    {
        using TestRepository repository = await CreateAsync(packs: 4);
        FaultyObjectStore dead = new(
            _store,
            TimeProvider.System,
            new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.GetRange | StoreOperations.Head });

        ObjectStoreException error = await Assert.ThrowsAsync<ObjectStoreException>(() => RepositoryCheck.RunAsync(dead, repository.Keys));

        Assert.Equal(ObjectStoreError.Unavailable, error.Error);
    }

    private Task<CheckReport> CheckAsync(TestRepository repository, double percent) =>
        CheckAsync(repository, new CheckOptions { ReadDataPercent = percent, RecordCoverage = true });

    private Task<CheckReport> CheckAsync(TestRepository repository, CheckOptions options) =>
        RepositoryChecker.RunAsync(_store, repository.Keys, options, _clock, null, default);

    // When each pack was read last, or came if it never was.
    private async Task<IReadOnlyList<DateTimeOffset>> AgesAsync(TestRepository repository, IReadOnlyDictionary<string, DateTimeOffset> came)
    {
        ReadCoverage coverage = await ReadCoverage.LoadAsync(_store, repository.Keys, d => throw d, default);
        return [.. came.Select(p => ObjectNames.TryParsePack(p.Key, out ObjectId id) && coverage.Of(id) is { WasRead: true } reading ? reading.At : p.Value)];
    }

    // Each pack has one frame of noise; the last one has the snapshot's tree and list as well.
    private async Task<TestRepository> CreateAsync(int packs)
    {
        TestRepository repository = await TestRepository.CreateAsync(_store, _clock);
        await AddPacksAsync(repository, packs, seed: 5);
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        await TestBackup.BackUpAsync(writer, TestBackup.Files(5, count: 1, bytesMax: 2_000), clock: _clock);
        return repository;
    }

    private static async Task AddPacksAsync(TestRepository repository, int packs, int seed)
    {
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        Random random = new(seed);
        for (int i = 0; i < packs; i++)
        {
            byte[] noise = new byte[50_000];
            random.NextBytes(noise);
            await writer.AddFrameAsync(TestBackup.FrameOf(false, noise), default);
            await writer.FlushAsync(default);
        }
    }
}
