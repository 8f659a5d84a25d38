using BenchmarkDotNet.Attributes;
using K8sBackup.Model.Ids;

namespace K8sBackup.Bench.Micro;

/// <summary>A chunk's id, by its length.</summary>
[MemoryDiagnoser]
public class HashBenchmarks
{
    private byte[] _chunk = [];

    [Params(256, 4 << 10, 64 << 10, 1 << 20)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Setup() => _chunk = SampleBytes.Random(Bytes);

    [Benchmark]
    public ChunkId Hash() => ChunkId.Of(_chunk);
}
