using K8sBackup.Model.Ids;

namespace K8sBackup.Chunking.Pages;

/// <summary>
/// The digests of up to <see cref="PagesMax"/> consecutive pages, and the chunks they are stored in: a base with all of
/// them, then patches with those that changed since. A patch keeps a snapshot in which 1 % of the pages changed from
/// storing all digests again (4 MiB per GiB of file with pages of 4 KiB).
/// </summary>
internal sealed class PageDigestSegment
{
    /// <summary>512 KiB of digests: a base fits a chunk, and two segments in memory are 1 MiB.</summary>
    public const int PagesMax = 32 << 10;

    /// <summary>More patches than this are replaced by a new base, which bounds what reading a segment takes.</summary>
    public const int PatchesMax = 16;

    public UInt128[] Digests { get; } = new UInt128[PagesMax];

    /// <summary>Pages of the segment; digests beyond are zero.</summary>
    public int Pages { get; set; }

    /// <summary>The base, then its patches.</summary>
    public List<ChunkId> Chunks { get; } = [];

    /// <summary>Digests the patches hold in all.</summary>
    public int Patched { get; set; }

    public void Clear()
    {
        Array.Clear(Digests);
        Pages = 0;
        Chunks.Clear();
        Patched = 0;
    }
}
