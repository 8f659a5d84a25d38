using System.Globalization;

namespace K8sBackup.Bench.Data;

/// <summary>Half text, half what cannot be compressed, and many small files.</summary>
internal static class MixedTree
{
    public const long FullBytes = (2 * LargeFiles * (long)LargeFileBytes) + (SmallFiles * (long)(SmallBytesMin + SmallBytesMax) / 2);

    private const int Seed = 1;
    private const int LargeFiles = 8;
    private const int LargeFileBytes = 64 << 20;
    private const int SmallFiles = 20_000;
    private const int SmallFilesInFolder = 250;
    private const int SmallBytesMin = 200;
    private const int SmallBytesMax = 8_000;

    public static void Create(string root, double scale, CancellationToken cancellationToken)
    {
        Random random = new(Seed);
        JsonLines text = new(random);
        long bytes = (long)(LargeFileBytes * scale);
        for (int i = 0; i < LargeFiles; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using FileStream log = Files.New(Path.Combine(root, $"log-{i}.json"));
            text.Write(log, bytes);
            using FileStream blob = Files.New(Path.Combine(root, $"blob-{i}.bin"));
            Files.WriteRandom(blob, bytes, random);
        }

        for (int i = 0; i < (int)(SmallFiles * scale); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string folder = Path.Combine(root, "objects", (i / SmallFilesInFolder).ToString("000", CultureInfo.InvariantCulture));
            Directory.CreateDirectory(folder);
            using FileStream file = Files.New(Path.Combine(folder, $"object-{i:00000}.json"));
            text.Write(file, random.Next(SmallBytesMin, SmallBytesMax));
        }
    }
}
