namespace K8sBackup.Cli.Tar;

/// <summary>What a download wrote.</summary>
internal sealed record DownloadSummary
{
    public required string File { get; init; }

    public required long Entries { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Entries that are not in the archive as they were: not captured, or of a kind tar cannot hold; at most 1000.</summary>
    public required IReadOnlyList<SkippedEntry> Skipped { get; init; }

    /// <summary>How many there are in all.</summary>
    public required long SkippedCount { get; init; }
}
