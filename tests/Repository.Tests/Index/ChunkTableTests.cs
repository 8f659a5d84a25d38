using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;

namespace K8sBackup.Repository.Tests.Index;

public sealed class ChunkTableTests
{
    [Fact]
    public void Find_AfterManyAdds_GivesEveryPlaceAndNoOther()
    {
        Random random = new(3);
        using ChunkTable table = new(new IndexMemory());
        Dictionary<StoreChunkId, ChunkLocation> model = [];
        for (int i = 0; i < 60_000; i++)
        {
            StoreChunkId id = RandomId(random);
            ChunkLocation location = new((uint)i, random.Next(1 << 20), random.Next(1, 1 << 20));
            Assert.True(table.TryAdd(id, location));
            Assert.False(table.TryAdd(id, location with { Frame = 7 }));
            model[id] = location;
        }

        Assert.Equal(model.Count, table.Count);
        foreach ((StoreChunkId id, ChunkLocation expected) in model)
        {
            Assert.True(table.TryFind(id, out ChunkLocation found));
            Assert.Equal(expected, found);
        }

        for (int i = 0; i < 10_000; i++)
        {
            Assert.False(table.TryFind(RandomId(random), out _));
        }

        Assert.InRange((double)table.MemoryBytes / table.Count, 28, 45);
    }

    [Fact]
    public void Add_ManyChunks_TakesNothingFromTheCollectorsHeap()
    {
        Random random = new(4);
        byte[] id = new byte[32];
        using ChunkTable table = new(new IndexMemory());
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100_000; i++)
        {
            random.NextBytes(id);
            table.TryAdd(StoreChunkId.Read(id), new ChunkLocation((uint)i, 0, 1));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
        Assert.InRange(table.MemoryBytes, 2_800_000, 5_000_000);
    }

    [Fact]
    public void Find_IdsThatCrowdTheEnd_WrapsAround()
    {
        using ChunkTable table = new(new IndexMemory());
        for (uint i = 0; i < 600; i++)
        {
            table.TryAdd(new StoreChunkId(UInt128.MaxValue - i, 0), new ChunkLocation(i, 0, 1));
        }

        for (uint i = 0; i < 600; i++)
        {
            Assert.True(table.TryFind(new StoreChunkId(UInt128.MaxValue - i, 0), out ChunkLocation location));
            Assert.Equal(i, location.Frame);
        }
    }

    private static StoreChunkId RandomId(Random random)
    {
        byte[] bytes = new byte[32];
        random.NextBytes(bytes);
        return StoreChunkId.Read(bytes);
    }
}
