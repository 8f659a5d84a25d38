using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Repairing;

/// <summary>Restore points whose manifest is gone or damaged, made again from the snapshots of their run.</summary>
public sealed class PointRepairTests : IAsyncLifetime, IDisposable
{
    private TwoBackups _world = null!;

    private string LostName => ObjectNames.RestorePoint(_world.Point.Id);

    public async Task InitializeAsync() => _world = await TwoBackups.CreateAsync(61);

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Lost_IsMadeAgain_InItsPlaceAndOnce()
    {
        await _world.Store.DeleteAsync(LostName, default);
        List<string> before = await _world.Store.NamesAsync("");

        RestorePointManifest planned = Assert.Single((await RepairAsync(execute: false)).Made);
        Assert.Equal(before, await _world.Store.NamesAsync(""));
        RestorePointManifest made = Assert.Single((await RepairAsync(execute: true)).Made);

        Assert.Equal((planned.Run, planned.Sequence), (made.Run, made.Sequence));
        Assert.Equal((_world.Point.Run, _world.Point.Plan, _world.Point.Cluster), (made.Run, made.Plan, made.Cluster));
        Assert.Equal((_world.Snapshot.StartedAt, _world.Snapshot.FinishedAt), (made.StartedAt, made.FinishedAt));
        Assert.Equal([new SourceResult(TestBackup.Source, _world.Snapshot.Id, SnapshotOutcome.Completed, null)], made.Sources);
        Assert.Equal(SnapshotOutcome.PartiallyFailed, made.Outcome);
        Assert.Contains("Made again", Assert.Single(made.Notes), StringComparison.Ordinal);
        Assert.Empty((await RepairAsync(execute: true)).Made);
        using OpenRepository repository = await _world.Repository.OpenAsync();
        List<RestorePointEntry> points = await repository.Catalog.RestorePointsAsync(default).ToListAsync();
        Assert.Equal([_world.Other.Id, _world.Snapshot.Id], points.Select(p => p.Manifest!.Sources[0].Snapshot!.Value));
        await TestBackup.AssertRestoresAsync(repository, _world.Snapshot, _world.Files);
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task Damaged_IsMadeAgain_AndTheDamagedOneGoesOnlyWhenToldTo()
    {
        await DamageAsync(100, 1);

        PointRepairReport report = await RepairAsync(execute: true);

        Assert.Equal([LostName], report.Damaged);
        Assert.Equal(_world.Point.Run, Assert.Single(report.Made).Run);
        Assert.NotNull(await _world.Store.HeadAsync(LostName, default));
        await SnapshotRepair.RunAsync(_world.Store, _world.Repository.Keys, new(), true, true, TimeProvider.System, null, default);
        Assert.Null(await _world.Store.HeadAsync(LostName, default));
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    [Fact]
    public async Task OfANewerFormat_NothingIsMade()
    {
        await DamageAsync(8, 3);
        await _world.Store.DeleteAsync((await _world.Store.NamesAsync("restore-points/"))[^1], default);
        List<string> before = await _world.Store.NamesAsync("restore-points/");

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(() => RepairAsync(execute: true));

        Assert.Equal(RepositoryDamage.UnsupportedVersion, error.Damage);
        Assert.Equal(before, await _world.Store.NamesAsync("restore-points/"));
    }

    [Fact]
    public async Task NothingLost_ChangesNothing()
    {
        List<string> before = await _world.Store.NamesAsync("");

        Assert.Empty((await RepairAsync(execute: true)).Made);

        Assert.Equal(before, await _world.Store.NamesAsync(""));
    }

    [Fact]
    public async Task AllLost_TakeTheOrderOfTheirRuns_AndTheWriterBeforeIsFencedOff()
    {
        await using RepositoryWriter older = await _world.Repository.OpenWriterAsync();
        foreach (string name in await _world.Store.NamesAsync("restore-points/"))
        {
            await _world.Store.DeleteAsync(name, default);
        }

        RestorePointId[] made = [.. (await RepairAsync(execute: true)).Made.Select(p => p.Id)];

        using OpenRepository repository = await _world.Repository.OpenAsync();
        List<RestorePointEntry> points = await repository.Catalog.RestorePointsAsync(default).ToListAsync();
        Assert.Equal(made.Length, points.Count);
        long[] times = [.. points.Select(p => p.Manifest!.FinishedAt.ToUnixTimeMilliseconds())];
        Assert.Equal(times.OrderDescending(), times);
        await Assert.ThrowsAsync<WriterFencedException>(() => TestBackup.BackUpAsync(older, _world.Files));
        await RepositoryCheck.AssertSoundAsync(_world.Repository);
    }

    private async Task DamageAsync(int at, byte value)
    {
        byte[] content = await _world.Store.GetAsync(LostName, int.MaxValue, default);
        content[at] ^= value;
        await _world.Store.ReplaceAsync(LostName, content);
    }

    private Task<PointRepairReport> RepairAsync(bool execute) =>
        PointRepair.RunAsync(_world.Store, _world.Repository.Keys, execute, TimeProvider.System, default);
}
