using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Trees;

/// <summary>
/// Where a file's bytes are: few extents inline, more of them in extent-list chunks (in file order).
/// Exactly one of <see cref="Inline"/> and <see cref="ListChunks"/> is non-empty, or both are empty for a file without data.
/// </summary>
public sealed record FileContent
{
    /// <summary>More extents than this go to list chunks.</summary>
    public const int InlineExtentsMax = 8;

    public static readonly FileContent Empty = new();

    /// <summary>The extents, when they are at most <see cref="InlineExtentsMax"/>.</summary>
    public IReadOnlyList<Extent> Inline { get; init; } = [];

    /// <summary>Chunks that hold the extents otherwise.</summary>
    public IReadOnlyList<ChunkId> ListChunks { get; init; } = [];

    /// <summary>Page size in bytes of a page-structured file, 0 for any other.</summary>
    public int PageBytes { get; init; }

    /// <summary>For a page-structured file: chunks with the digests of its pages, in page order.</summary>
    public IReadOnlyList<ChunkId> PageDigestChunks { get; init; } = [];
}
