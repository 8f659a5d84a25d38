using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Tests.Ingest;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Coordinator.Tests.Catalog;

public sealed class SnapshotDirectoryTests
{
    private static readonly SourceKey Volume = new("node-1", SourceKind.Volume, "data");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Latest_AfterTheClockWentBack_IsWhatWasCommittedLast(bool hasPoint)
    {
        await using TestStore store = await TestStore.CreateAsync();
        SnapshotManifest before = await CommitAsync(store, TimeProvider.System);
        await store.CommitPointAsync(before);
        SnapshotManifest after = await CommitAsync(store, new ManualTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-1)));
        if (hasPoint)
        {
            await store.CommitPointAsync(after);
        }

        Assert.True(after.Id < before.Id);
        Assert.Equal(after.Id, (await store.Snapshots.LatestAsync(Volume, default))?.Id);
        await store.RestartAsync();

        // A run that has no restore point says nothing about its place, and either is a sound parent.
        Assert.Equal(hasPoint ? after.Id : before.Id, (await store.Snapshots.LatestAsync(Volume, default))?.Id);
        Assert.Null(await store.Snapshots.LatestAsync(Volume with { Node = "node-2" }, default));
    }

    private static async Task<SnapshotManifest> CommitAsync(TestStore store, TimeProvider clock)
    {
        WorkItem item = store.AddBackup(Volume, RunId.Create(clock));
        await using UploadAgent agent = await UploadAgent.OpenAsync(store, item);
        await agent.CommitAsync(await agent.TreeAsync(await agent.FileAsync("f", new byte[10])));
        return ((WorkOutcome.SnapshotCommitted)await item.Completion).Manifest;
    }
}
