using System.Globalization;

namespace K8sBackup.Bench.Data;

/// <summary>Large files into which a few bytes are inserted here and there: everything behind an edit moves.</summary>
internal static class EditedTree
{
    public const long FullBytes = Files * (long)FileBytes;

    private const int Seed = 4;
    private const int Files = 8;
    private const int FileBytes = 64 << 20;
    private const int EditsPerFile = 8;
    private const int InsertedBytesMax = 200;

    public static void Create(string root, double scale, CancellationToken cancellationToken)
    {
        Random random = new(Seed);
        JsonLines text = new(random);
        for (int i = 0; i < Files; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using FileStream file = Data.Files.New(PathOf(root, i));
            if (i % 2 == 0)
            {
                text.Write(file, (long)(FileBytes * scale));
            }
            else
            {
                Data.Files.WriteRandom(file, (long)(FileBytes * scale), random);
            }
        }
    }

    /// <summary>Inserts bytes at a few random places of every file; the same ones in the same round.</summary>
    public static void Edit(string root, int round)
    {
        Random random = new((Seed * 1000) + round);
        for (int i = 0; i < Files; i++)
        {
            byte[] before = File.ReadAllBytes(PathOf(root, i));
            int[] places = [.. Enumerable.Range(0, EditsPerFile).Select(_ => random.Next(before.Length)).Order()];
            using FileStream file = new(PathOf(root, i), FileMode.Create, FileAccess.Write);
            int from = 0;
            foreach (int place in places)
            {
                file.Write(before, from, place - from);
                byte[] inserted = new byte[random.Next(1, InsertedBytesMax)];
                random.NextBytes(inserted);
                file.Write(inserted);
                from = place;
            }

            file.Write(before, from, before.Length - from);
        }
    }

    private static string PathOf(string root, int i) => Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"file-{i}"));
}
