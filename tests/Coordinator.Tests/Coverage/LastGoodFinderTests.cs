using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Tests.Coverage;

public sealed class LastGoodFinderTests : IAsyncLifetime
{
    private static readonly SourceKey Data = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey Other = new("node-2", SourceKind.Volume, "other");
    private TestStore _store = null!;

    public async Task InitializeAsync() => _store = await TestStore.CreateAsync();

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Find_SeveralPoints_GivesTheNewestThatHasIt()
    {
        await PointAsync(Data);
        RestorePointManifest second = await PointAsync(Data);
        RestorePointManifest third = await PointAsync(Other);
        IReadOnlyDictionary<CoverageKey, LastGood> found = await FindAsync(
            new CoverageKey(SourceKind.Volume, "node-1", "data"), new CoverageKey(SourceKind.Volume, "", "data"), new CoverageKey(SourceKind.Volume, "", "other"),
            new CoverageKey(SourceKind.Volume, "node-1", "other"), new CoverageKey(SourceKind.Etcd, "", ""));
        Assert.Equal(3, found.Count);
        Assert.Equal((second.Id, second.Plan, second.StartedAt), Of(found[new CoverageKey(SourceKind.Volume, "node-1", "data")]));
        Assert.Equal(second.Id, found[new CoverageKey(SourceKind.Volume, "", "data")].Point);
        Assert.Equal(third.Id, found[new CoverageKey(SourceKind.Volume, "", "other")].Point);
    }

    [Fact]
    public async Task Find_IncompleteSnapshot_IsPassedOver()
    {
        RestorePointManifest first = await PointAsync(Data);
        SnapshotManifest incomplete = await _store.BackUpAsync(Data, async agent =>
        {
            Transport.V1.Finish finish = await agent.TreeAsync(await agent.FileAsync("f", new byte[5]));
            finish.Outcome = Transport.V1.Outcome.PartiallyFailed;
            return finish;
        });
        await _store.CommitPointAsync(incomplete);
        CoverageKey key = new(SourceKind.Volume, "", "data");
        Assert.Equal(first.Id, (await FindAsync(key))[key].Point);
    }

    private static (RestorePointId Point, string Plan, DateTimeOffset At) Of(LastGood good) => (good.Point, good.Plan, good.At);

    private Task<IReadOnlyDictionary<CoverageKey, LastGood>> FindAsync(params CoverageKey[] keys) => new LastGoodFinder(_store.Access).FindAsync(keys, CancellationToken.None);

    private async Task<RestorePointManifest> PointAsync(SourceKey source) =>
        await _store.CommitPointAsync(await _store.BackUpFileAsync(source));
}
