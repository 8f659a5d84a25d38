namespace K8sBackup.Cli.Tar;

/// <summary>What a download wrote.</summary>
internal sealed record DownloadSummary
{
    public required string File { get; init; }

    public required long Entries { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Entries whose content is missing or doubtful.</summary>
    public required long Failed { get; init; }

    /// <summary>
    /// Entries that are not in the archive as they were, at most 1000: the failed ones, and sockets, which tar cannot
    /// hold and nobody misses.
    /// </summary>
    public required IReadOnlyList<SkippedEntry> Skipped { get; init; }

    /// <summary>How many there are in all.</summary>
    public required long SkippedCount { get; init; }
}
