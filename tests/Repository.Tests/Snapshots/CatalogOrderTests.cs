using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore.InMemory;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Snapshots;

/// <summary>Restore points are listed in the order of their commits, whatever the clock said, and a listing asks the store for no more than it needs.</summary>
public sealed class CatalogOrderTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FaultyObjectStore _store = new(new InMemoryObjectStore(), TimeProvider.System);
    private TestRepository _repository = null!;

    public async Task InitializeAsync() => _repository = await TestRepository.CreateAsync(_store);

    public async Task DisposeAsync()
    {
        await RepositoryCheck.AssertSoundAsync(_repository);
        _repository.Dispose();
    }

    [Fact]
    public async Task Points_CommittedWithAClockThatWentBack_AreListedInTheOrderOfTheirCommits()
    {
        RestorePointId first = await CommitAsync(Noon);
        RestorePointId second = await CommitAsync(Noon.AddYears(10));
        RestorePointId third = await CommitAsync(Noon.AddHours(1));
        RestorePointId fourth = await CommitAsync(Noon.AddHours(-1));

        using OpenRepository repository = await _repository.OpenAsync();

        Assert.Equal([fourth, third, second, first], await ListedAsync(repository));
        Assert.Equal(fourth, (await repository.Catalog.LatestRestorePointAsync(default))?.Id);
    }

    [Fact]
    public async Task Points_CommittedAfterTheFirstListing_TakeTheirPlaces()
    {
        RestorePointId first = await CommitAsync(Noon);
        using OpenRepository repository = await _repository.OpenAsync();
        Assert.Equal([first], await ListedAsync(repository));

        RestorePointId second = await CommitAsync(Noon.AddHours(-1));
        Assert.Equal([second, first], await ListedAsync(repository));

        await _store.DeleteAsync($"restore-points/{second}", default);
        Assert.Equal([first], await ListedAsync(repository));
    }

    [Fact]
    public async Task DamagedPoint_StaysBesideTheOneItsNameComesAfter()
    {
        RestorePointId first = await CommitAsync(Noon);
        RestorePointId second = await CommitAsync(Noon.AddHours(1));
        RestorePointId third = await CommitAsync(Noon.AddHours(2));
        FaultRule damage = new() { Kind = FaultKind.Damage, Operations = StoreOperations.Get, NamePrefix = $"restore-points/{second}", Offset = 100 };
        _store.Add(damage);

        using OpenRepository repository = await _repository.OpenAsync();

        Assert.Equal([third, second, first], await ListedAsync(repository));
        _store.ClearRules();
    }

    [Fact]
    public async Task Listing_LeftEarly_HasReadNoMoreThanAFewAhead()
    {
        for (int i = 0; i < 40; i++)
        {
            await CommitAsync(Noon.AddMinutes(i));
        }

        int calls = 0;
        CallbackStore counted = new(_store, () =>
        {
            Interlocked.Increment(ref calls);
            return Task.CompletedTask;
        });
        using OpenRepository repository = await OpenRepository.OpenAsync(counted, _repository.Keys, default);
        await repository.Catalog.LatestRestorePointAsync(default);
        calls = 0;

        await repository.Catalog.LatestRestorePointAsync(default);

        // The list, and those that were under way when the first was there.
        Assert.InRange(calls, 2, 9);
    }

    private static async Task<List<RestorePointId?>> ListedAsync(OpenRepository repository) =>
        await repository.Catalog.RestorePointsAsync(default).Select(p => p.Id).ToListAsync();

    // As a coordinator does that starts with such a clock.
    private async Task<RestorePointId> CommitAsync(DateTimeOffset at)
    {
        ManualTimeProvider clock = new(at);
        await using RepositoryWriter writer = await _repository.OpenWriterAsync();
        using WriterSession session = writer.BeginUpload();
        SnapshotManifest snapshot = await TestBackup.UploadAsync(writer, TestBackup.Files(1, 1, 100), TestBackup.Source, clock);
        await writer.CommitSnapshotAsync(snapshot, session, default);
        RestorePointManifest point = TestBackup.RestorePointOf(snapshot, clock) with { Sequence = await writer.NextSequenceAsync(default) };
        await writer.CommitRestorePointAsync(point, default);
        return point.Id;
    }
}
