using BenchmarkDotNet.Attributes;
using K8sBackup.Chunking.ContentDefined;

namespace K8sBackup.Bench.Micro;

/// <summary>Cutting 64 MiB into chunks. Divide by 64 for the time of a mebibyte.</summary>
[MemoryDiagnoser]
public class CutterBenchmarks
{
    private readonly ContentDefinedCutter _cutter = new(new byte[32], CutterSizes.General);
    private readonly byte[] _data = SampleBytes.Random(64 << 20);

    [Benchmark]
    public int Cut64MiB()
    {
        int chunks = 0;
        for (ReadOnlySpan<byte> rest = _data; rest.Length > 0; chunks++)
        {
            rest = rest[_cutter.NextCut(rest, final: true)..];
        }

        return chunks;
    }
}
