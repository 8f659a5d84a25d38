namespace K8sBackup.Chunking.ContentDefined;

/// <summary>
/// The sizes a cutter aims at. No chunk but the last of a file is shorter than <paramref name="BytesMin"/>, none is
/// longer than <paramref name="BytesMax"/>, and most lie around <paramref name="BytesNormal"/>, a power of two.
/// </summary>
public sealed record CutterSizes(int BytesMin, int BytesNormal, int BytesMax)
{
    /// <summary>Longest chunk the wire and the repository accept.</summary>
    public const int ChunkBytesMax = 1 << 20;

    /// <summary>Files from this size on are cut by <see cref="Large"/>.</summary>
    public const long LargeFileBytesMin = 256L << 20;

    /// <summary>For ordinary files: an edit costs about 256 KiB of new data.</summary>
    public static readonly CutterSizes General = new(64 << 10, 256 << 10, 1 << 20);

    /// <summary>
    /// For large files, which are mostly appended to: half as many chunks to remember. 1 MiB is the longest chunk of
    /// the wire; a longer maximum here needs a longer one there first.
    /// </summary>
    public static readonly CutterSizes Large = new(256 << 10, 512 << 10, 1 << 20);

    /// <summary>
    /// The sizes for a file of this length. A file that grows over the border is cut anew once, and stored anew once.
    /// </summary>
    public static CutterSizes For(long fileBytes) => fileBytes >= LargeFileBytesMin ? Large : General;
}
