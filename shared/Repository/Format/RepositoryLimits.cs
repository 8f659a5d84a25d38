namespace K8sBackup.Repository.Format;

/// <summary>The limits of the format. Readers refuse what exceeds them before they allocate for it.</summary>
public static class RepositoryLimits
{
    /// <summary>Version of the format written and the newest one read.</summary>
    public const int FormatVersion = 1;

    /// <summary>Longest chunk in bytes of plaintext. Agents cut at most at 1 MiB; append-only files may come to use 4 MiB.</summary>
    public const int ChunkBytesMax = 4 << 20;

    /// <summary>Longest plaintext of one frame in bytes.</summary>
    public const int FrameBytesMax = 4 << 20;

    /// <summary>Most chunks in one frame: 4 MiB of chunks of 64 bytes.</summary>
    public const int FrameChunksMax = 65_535;

    /// <summary>Longest pack in bytes; offsets inside packs fit 31 bits.</summary>
    public const int PackBytesMax = 256 << 20;

    /// <summary>Longest sealed directory of a pack in bytes: 256 Ki chunks of 36 bytes and as many frames of 12, rounded up.</summary>
    public const int PackDirectoryBytesMax = 16 << 20;

    /// <summary>Longest index segment in bytes.</summary>
    public const int IndexSegmentBytesMax = 256 << 20;

    /// <summary>Longest manifest in bytes, uncompressed.</summary>
    public const int ManifestBytesMax = 32 << 20;

    /// <summary>Longest config, key slot or state object in bytes.</summary>
    public const int SmallObjectBytesMax = 64 << 10;

    /// <summary>Most chunk ids in one chunk of a chunk list.</summary>
    public const int ChunkListIdsMax = 4096;
}
