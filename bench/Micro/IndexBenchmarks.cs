using BenchmarkDotNet.Attributes;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Bench.Micro;

/// <summary>Looking chunks up in an index of four million: more than the processor's caches hold.</summary>
[MemoryDiagnoser]
public class IndexBenchmarks : IDisposable
{
    private const int Packs = 1000;
    private const int ChunksPerPack = 4000;
    private const int Lookups = 1000;

    private readonly ChunkIndex _index = new();
    private readonly StoreChunkId[] _known = new StoreChunkId[Lookups];
    private readonly StoreChunkId[] _unknown = new StoreChunkId[Lookups];

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        for (int p = 0; p < Packs; p++)
        {
            PackChunk[] chunks = [.. Enumerable.Range(0, ChunksPerPack).Select(_ => new PackChunk(Id(random), 4096))];
            _known[p % Lookups] = chunks[random.Next(ChunksPerPack)].Id;
            _index.Add(new PackDirectory
            {
                Header = ObjectHeader.Create(ObjectType.Pack, 1, ObjectId.Create()),
                PackBytes = 32 << 20,
                Frames = [new PackFrame(64, 30 << 20, ChunksPerPack * 4096, FrameEncoding.Raw, 0, ChunksPerPack)],
                Chunks = chunks,
            });
        }

        for (int i = 0; i < Lookups; i++)
        {
            _unknown[i] = Id(random);
        }
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int FindKnown() => Count(_known);

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int FindUnknown() => Count(_unknown);

    [GlobalCleanup]
    public void Dispose()
    {
        _index.Dispose();
        GC.SuppressFinalize(this);
    }

    private static StoreChunkId Id(Random random)
    {
        Span<byte> bytes = stackalloc byte[StoreChunkId.Bytes];
        random.NextBytes(bytes);
        return StoreChunkId.Read(bytes);
    }

    private int Count(StoreChunkId[] ids)
    {
        int found = 0;
        foreach (StoreChunkId id in ids)
        {
            found += _index.Contains(id) ? 1 : 0;
        }

        return found;
    }
}
