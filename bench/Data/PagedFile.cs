using System.Buffers.Binary;

namespace K8sBackup.Bench.Data;

/// <summary>A file that databases rewrite page by page: the header of SQLite, then pages half text and half incompressible.</summary>
internal static class PagedFile
{
    public const long FullBytes = 256L << 20;

    private const int Seed = 3;
    private const int PageBytes = 4096;
    private const int RewrittenOneIn = 100;
    private const string Name = "data.sqlite";

    public static void Create(string root, double scale, CancellationToken cancellationToken)
    {
        Random random = new(Seed);
        JsonLines text = new(random);
        using FileStream file = Files.New(Path.Combine(root, Name));
        long pages = (long)(FullBytes * scale) / PageBytes;
        for (long page = 0; page < pages; page++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.Write(Page(random, text));
        }

        // The SQLite file format, section 1.3: magic, then the page size as two bytes, big-endian.
        byte[] header = [.. "SQLite format 3\0"u8, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(16), PageBytes);
        file.Position = 0;
        file.Write(header);
    }

    /// <summary>Rewrites one page in a hundred, chosen at random but the same ones in the same round.</summary>
    public static void Rewrite(string root, int round)
    {
        Random random = new((Seed * 1000) + round);
        JsonLines text = new(random);
        using FileStream file = new(Path.Combine(root, Name), FileMode.Open, FileAccess.ReadWrite);
        long pages = file.Length / PageBytes;
        for (long i = 0; i < pages / RewrittenOneIn; i++)
        {
            file.Position = random.NextInt64(1, pages) * PageBytes;
            file.Write(Page(random, text));
        }
    }

    private static byte[] Page(Random random, JsonLines text)
    {
        byte[] page = new byte[PageBytes];
        random.NextBytes(page.AsSpan(0, PageBytes / 2));
        using MemoryStream rest = new(page, PageBytes / 2, PageBytes / 2);
        text.Write(rest, PageBytes / 2);
        return page;
    }
}
