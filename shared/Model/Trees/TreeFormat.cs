namespace K8sBackup.Model.Trees;

/// <summary>
/// Numbers of the stored form of trees, version 1. A block is <c>'K' 'T' version level count entries…</c>; an extent
/// list is <c>'K' 'E' version count extents…</c>. All integers are unsigned LEB128, signed ones zigzag-coded first.
/// The byte tables are in docs/repository-format.md.
/// </summary>
internal static class TreeFormat
{
    public const byte Magic = (byte)'K';
    public const byte TreeMagic = (byte)'T';
    public const byte ExtentMagic = (byte)'E';
    public const byte Version = 1;

    /// <summary>Magic, version and level.</summary>
    public const int BlockHeaderBytes = 4;

    public const int ExtentHeaderBytes = 3;

    /// <summary>From here on a block ends after an entry whose path says so.</summary>
    public const int BlockBytesMin = 64 * 1024;

    /// <summary>A block of this size ends in any case.</summary>
    public const int BlockBytesMax = 256 * 1024;

    /// <summary>
    /// A block also ends when its paths, written out, reach this size. Paths are stored without what they share with the
    /// one before, so without a limit a hostile block of 1 MiB could ask its reader for gigabytes.
    /// </summary>
    public const int BlockPathBytesMax = 8 * 1024 * 1024;

    /// <summary>Largest single entry; it then has a block of its own.</summary>
    public const int EntryBytesMax = 1_000_000;

    // One entry in 512 ends a block that is large enough: with 100 bytes an entry, blocks of about 115 KiB.
    public const ulong CutMask = 511;

    /// <summary>Index levels above the leaves; 256 KiB blocks make four enough for 10^12 entries.</summary>
    public const int LevelMax = 8;

    public const byte ContentNone = 0;
    public const byte ContentInline = 1;
    public const byte ContentList = 2;
    public const byte ContentPages = 4;

    /// <summary>Beside the form of the content: the entry's flags follow behind it.</summary>
    public const byte HasFlags = 8;

    /// <summary>List chunks or page-digest chunks one entry can name.</summary>
    public const int ListChunksMax = 24_000;

    /// <summary>Attributes of one entry: more than the shortest names that fit into the kernel's list of 64 KiB.</summary>
    public const int AttributesMax = 16_384;

    /// <summary>Longest reason kept, in UTF-8 bytes.</summary>
    public const int ReasonBytesMax = 2048;
}
