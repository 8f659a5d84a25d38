using System.Buffers.Binary;
using System.Numerics;

namespace K8sBackup.Chunking.Pages;

/// <summary>Recognises files that are rewritten in place page by page, for which content-defined chunks save nothing.</summary>
public static class PageFormat
{
    /// <summary>Bytes from the start of a file that are enough to decide.</summary>
    public const int HeadBytes = 64;

    /// <summary>Page sizes taken for real, in bytes: smaller pages are handled in groups of this size.</summary>
    public const int PageBytesMin = 4096;

    /// <inheritdoc cref="PageBytesMin"/>
    public const int PageBytesMax = 64 << 10;

    // bbolt, db.go and page.go: a page header of 16 bytes, then the meta record: magic, version, page size.
    private const uint BoltMagic = 0xED0CDAED;
    private const uint BoltVersion = 2;
    private const int BoltMagicOffset = 16;
    private const int BoltVersionOffset = 20;
    private const int BoltPageSizeOffset = 24;

    // SQLite file format, section 1.3: the page size is a big-endian number of two bytes, in which 1 means 65,536.
    private const int SqlitePageSizeOffset = 16;

    /// <summary>The page size in bytes of the file that begins with <paramref name="head"/>, 0 when it has no pages that are known.</summary>
    public static int Detect(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes)
        {
            return 0;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(head[BoltMagicOffset..]) == BoltMagic
            && BinaryPrimitives.ReadUInt32LittleEndian(head[BoltVersionOffset..]) == BoltVersion)
        {
            return Usable(BinaryPrimitives.ReadUInt32LittleEndian(head[BoltPageSizeOffset..]));
        }

        if (head.StartsWith("SQLite format 3\0"u8))
        {
            uint size = BinaryPrimitives.ReadUInt16BigEndian(head[SqlitePageSizeOffset..]);
            return Usable(size == 1 ? PageBytesMax : size);
        }

        return 0;
    }

    private static int Usable(uint bytes) =>
        BitOperations.IsPow2(bytes) && bytes is >= 512 and <= PageBytesMax ? Math.Max((int)bytes, PageBytesMin) : 0;
}
