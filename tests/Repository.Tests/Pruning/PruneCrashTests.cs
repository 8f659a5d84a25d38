using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.ObjectStore;
using K8sBackup.Repository.Pruning;
using K8sBackup.Repository.Writing;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Pruning;

/// <summary>The process ends before, or right after, every call a prune makes to the store (promise P6).</summary>
public sealed class PruneCrashTests
{
    private const int CallsMax = 400;

    /// <summary>A repository in which a prune has everything to do: packs that are due, sparse ones, free ones, an orphan, small segments.</summary>
    internal static async Task PrepareAsync(PruneWorld world)
    {
        IReadOnlyDictionary<string, byte[]> all = TestBackup.Files(3, count: 12, bytesMax: 12_000);
        await world.BackUpAsync(TestBackup.Files(1, count: 3));
        RestorePointManifest due = await world.BackUpAsync(TestBackup.Files(4, count: 3), keep: false);
        await world.PruneAsync(due.Id);
        world.Clock.Advance(PruneWorld.PastGrace);
        RestorePointManifest sparse = await world.BackUpAsync(all, keep: false);
        await world.BackUpAsync(all.Take(3).ToDictionary());
        await world.Writer.PinAsync(new(sparse.Id, world.Clock.GetUtcNow(), "x", ""), default);
        await world.Writer.UnpinAsync(sparse.Id, default);
        byte[] orphan = await world.Store.GetAsync((await world.NamesAsync("packs/"))[0], int.MaxValue, default);
        await world.Store.PutIfAbsentAsync("packs/00/00000000000000000000000000000001", orphan, default);
    }

    [Theory]
    [InlineData(FaultKind.ErrorInstead)]
    [InlineData(FaultKind.ErrorAfterApply)]
    public async Task Prune_StoreStopsAtAnyCall_EverythingRestoresAndTheNextPruneFinishes(FaultKind kind)
    {
        long? expected = null;
        for (int call = 0; call < CallsMax; call++)
        {
            await using PruneWorld world = await PruneWorld.CreateAsync();
            await PrepareAsync(world);
            RestorePointManifest old = await world.BackUpAsync(TestBackup.Files(2, count: 3), keep: false);
            List<RestorePointId> expired = [old.Id, .. await ExpiredAsync(world)];
            bool stopped = false;
            bool armed = false;
            int calls = 0;
            FaultyObjectStore stopping = new(world.Store, world.Clock);
            world.Through = new CallbackStore(stopping, () =>
            {
                if (armed && calls++ == call)
                {
                    stopped = true;
                    stopping.Add(new FaultRule { Kind = kind, Operations = StoreOperations.Writes, Error = ObjectStoreError.Unspecified });
                    stopping.Add(new FaultRule { Kind = FaultKind.ErrorInstead, Operations = StoreOperations.All & ~StoreOperations.Writes });
                }

                return Task.CompletedTask;
            });
            await world.ReopenAsync();
            world.Clock.Advance(TimeSpan.FromHours(2));
            armed = true;
            try
            {
                await world.PruneAsync([.. expired]);
            }
            catch (Exception e) when (e is ObjectStoreException or WriterFailedException)
            {
                Assert.True(stopped, e.ToString());
            }

            await world.AssertSoundAsync();
            world.Through = world.Store;
            await FinishAsync(world, expired);
            long bytes = await world.BytesAsync();
            expected ??= bytes;

            // The same space comes back wherever it stopped; sizes differ by the padding of copies.
            Assert.InRange(bytes, expected.Value - (96 << 10), expected.Value + (96 << 10));
            if (!stopped)
            {
                Assert.InRange(call, 25, CallsMax);
                return;
            }
        }

        Assert.Fail("The prune makes more calls than were tried.");
    }

    private static async Task<List<RestorePointId>> ExpiredAsync(PruneWorld world)
    {
        // Everything but the two that are kept: the first, and the one with part of the sparse pack.
        List<string> names = await world.NamesAsync("restore-points/");
        return [.. names.Skip(1).Take(1).Select(n => RestorePointId.Parse(n["restore-points/".Length..]))];
    }

    private static async Task FinishAsync(PruneWorld world, List<RestorePointId> expired)
    {
        for (int i = 0; i < 3; i++)
        {
            await world.ReopenAsync();
            world.Clock.Advance(PruneWorld.PastGrace);
            PruneReport report = await world.PruneAsync([.. expired]);
            Assert.Empty(report.Obstacles);
            await world.AssertSoundAsync();
        }

        Assert.Empty(await world.NamesAsync("tombstones/"));
        PruneReport nothing = await world.PlanAsync([.. expired]);
        Assert.Equal((0, 0, 0), (nothing.Condemned.Packs, nothing.Waiting.Packs, nothing.RestorePoints.Count));
    }
}
