using BenchmarkDotNet.Attributes;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Repository;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Bench.Micro;

/// <summary>A mebibyte on its way into a pack: compressing, and sealing.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks : IDisposable
{
    private readonly MasterKeys _keys = MasterKeys.Create(new RepositoryId(1));
    private readonly PackBuilder _pack = new(8 << 20);
    private readonly byte[] _text = SampleBytes.Text();
    private readonly byte[] _random = SampleBytes.Random();
    private readonly byte[] _compressed = new byte[SampleBytes.Count];
    private PackChunk[] _chunks = [];

    [GlobalSetup]
    public void Setup()
    {
        _chunks = [new PackChunk(StoreChunkId.Of(ChunkId.Of(_random), _keys), _random.Length)];
        _pack.Begin(_keys);
    }

    [Benchmark]
    public int CompressText() => Zstd.Compress(_text, _compressed);

    [Benchmark]
    public int CompressRandom() => Zstd.Compress(_random, _compressed);

    [Benchmark]
    public void Seal()
    {
        if (!_pack.HasRoomFor(_random.Length, 1))
        {
            _pack.Begin(_keys);
        }

        _pack.Append(FrameEncoding.Raw, _random, _chunks);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _pack.Dispose();
        _keys.Dispose();
        GC.SuppressFinalize(this);
    }
}
