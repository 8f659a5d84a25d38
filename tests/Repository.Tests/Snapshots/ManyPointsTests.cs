using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Snapshots;
using K8sBackup.Repository.Tests.Writing;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.Repositories;
using K8sBackup.TestKit.Time;

namespace K8sBackup.Repository.Tests.Snapshots;

/// <summary>
/// A listing holds names and places in the order, and not what the manifests say: bytes for each restore point, so that a hundred thousand fit
/// into a small process. The bench has them all, in a control group.
/// </summary>
[Collection(ProcessMemoryCollection.Name)]
public sealed class ManyPointsTests
{
    private const int Points = 2_000;

    // 100,000 of them are 60 MB.
    private const int BytesMaxOfAPoint = 600;

    [Fact]
    public async Task List_ManyLargePoints_HoldsLittleOfEach()
    {
        ManualTimeProvider clock = new();
        using TestRepository repository = await TestRepository.CreateAsync(clock: clock);
        await CommitAsync(repository, clock);

        long little = await HeldAsync(repository, keep: false);

        // What the manifests take when they are held, so that the limit says something.
        long whole = await HeldAsync(repository, keep: true);

        Assert.True(whole / Points > 10 * BytesMaxOfAPoint, $"{whole} bytes for all of them");
        Assert.InRange(little / Points, 0, BytesMaxOfAPoint);
        await RepositoryCheck.AssertSoundAsync(repository);
    }

    // Bytes on the heap while a listing goes on, at most; it holds what it has shown, or not.
    private static async Task<long> HeldAsync(TestRepository repository, bool keep)
    {
        using OpenRepository reader = await repository.OpenAsync();

        long before = await SettledAsync();
        List<RestorePointEntry> kept = [];
        long most = 0;
        int seen = 0;
        await foreach (RestorePointEntry entry in reader.Catalog.RestorePointsAsync(default))
        {
            Assert.NotNull(entry.Manifest);
            if (keep)
            {
                kept.Add(entry);
            }

            if (seen++ % (Points / 4) == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.Equal(Points, seen);
        GC.KeepAlive(kept);
        return most;
    }

    // What ended just now may be held by the stack this came on, or by a buffer that is given back with a delay.
    private static async Task<long> SettledAsync()
    {
        long least = long.MaxValue;
        for (int i = 0; i < 10; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true));
        }

        return least;
    }

    private static async Task CommitAsync(TestRepository repository, ManualTimeProvider clock)
    {
        await using RepositoryWriter writer = await repository.OpenWriterAsync();
        (SnapshotManifest snapshot, RestorePointManifest first) = await TestBackup.BackUpAsync(writer, TestBackup.Files(1, 1, 100), clock: clock);
        for (int i = 1; i < Points; i++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            IEnumerable<SourceResult> failed = Enumerable.Range(0, 40).Select(n => new SourceResult(
                new SourceKey($"node-{n}", SourceKind.Volume, "data"), null, null, new Failure($"node-{n}", "", FailureCause.NodeUnavailable, $"It did not answer at {i}.")));
            await writer.CommitRestorePointAsync(
                first with
                {
                    Id = RestorePointId.Create(clock),
                    Run = RunId.Create(clock),
                    Sequence = await writer.NextSequenceAsync(default),
                    Outcome = SnapshotOutcome.PartiallyFailed,
                    Sources = [new SourceResult(snapshot.Source, snapshot.Id, snapshot.Outcome, null), .. failed],
                },
                default);
        }
    }
}
