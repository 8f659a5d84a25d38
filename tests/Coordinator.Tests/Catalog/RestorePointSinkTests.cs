using System.Collections.Concurrent;
using K8sBackup.Coordinator.Catalog;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.ObjectStore.Retention;

namespace K8sBackup.Coordinator.Tests.Catalog;

/// <summary>What a plan that wants its restore points immutable gets from the store, and what it is told when the store has no such thing.</summary>
public sealed class RestorePointSinkTests
{
    private static readonly TimeSpan Time = TimeSpan.FromDays(90);
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");
    private static readonly SourceKey Other = new("node-2", SourceKind.Volume, "data");

    [Fact]
    public async Task Keep_SnapshotsAndTheirPoint_KeepsAllThatRestoringThemNeedsAndNothingElse()
    {
        await using TestStore store = await TestStore.CreateAsync();
        SnapshotManifest other = await BackUpAsync(store, Other, 2);
        IReadOnlyList<string> packsOfOthers = await store.ObjectNamesAsync("packs/");
        SnapshotManifest snapshot = await BackUpAsync(store, Volume, 1);
        string[] packs = [.. (await store.ObjectNamesAsync("packs/")).Except(packsOfOthers)];
        RestorePointManifest point = await store.CommitPointAsync(snapshot);
        Ends ends = new();
        RestorePointSink sink = new(store.Access, ends);

        await sink.KeepAsync([snapshot.Id], null, Time, default);
        Assert.DoesNotContain($"restore-points/{point.Id}", ends.Kept.Keys);
        await sink.KeepAsync([], point.Id, Time, default);

        string[] needed =
        [
            "config", $"snapshots/{snapshot.Id}", $"restore-points/{point.Id}", .. packs, .. await store.ObjectNamesAsync("keys/"), .. await store.ObjectNamesAsync("index/"),
        ];
        Assert.NotEmpty(packs);
        Assert.Equal(needed.Order(StringComparer.Ordinal), ends.Kept.Keys.Order(StringComparer.Ordinal));
        Assert.All(ends.Kept.Values, end => Assert.True(end >= ends.Now + Time));
        Assert.NotEqual(other.Id, snapshot.Id);
    }

    [Fact]
    public async Task Keep_StoreWithoutObjectLockOrSnapshotThatIsGone_SaysSo()
    {
        await using TestStore store = await TestStore.CreateAsync();
        SnapshotManifest snapshot = await BackUpAsync(store, Volume, 1);

        BackupException none = await Assert.ThrowsAsync<BackupException>(() => new RestorePointSink(store.Access, null).KeepAsync([snapshot.Id], null, Time, default));
        Assert.Contains("no object lock", none.Message, StringComparison.Ordinal);
        SnapshotId gone = SnapshotId.Create(TimeProvider.System);
        BackupException missing = await Assert.ThrowsAsync<BackupException>(() => new RestorePointSink(store.Access, new Ends()).KeepAsync([gone], null, Time, default));
        Assert.Contains(gone.ToString(), missing.Message, StringComparison.Ordinal);
    }

    private static Task<SnapshotManifest> BackUpAsync(TestStore store, SourceKey source, byte content) => store.BackUpAsync(
        source, async agent => await agent.TreeAsync(await agent.FileAsync("f", [.. Enumerable.Repeat(content, 1000)])));

    private sealed class Ends : IObjectRetention
    {
        public ConcurrentDictionary<string, DateTimeOffset> Kept { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset Now { get; } = new(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public Task<DateTimeOffset?> RetainedUntilAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult(Kept.TryGetValue(name, out DateTimeOffset end) ? end : (DateTimeOffset?)null);

        public Task ExtendAsync(string name, DateTimeOffset until, CancellationToken cancellationToken)
        {
            Kept[name] = until;
            return Task.CompletedTask;
        }
    }
}
