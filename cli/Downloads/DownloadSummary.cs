namespace K8sBackup.Cli.Downloads;

/// <summary>What a download wrote.</summary>
internal sealed record DownloadSummary
{
    public required string File { get; init; }

    public required long Entries { get; init; }

    public required long Bytes { get; init; }

    /// <summary>Entries whose content is missing or doubtful.</summary>
    public required long Failed { get; init; }

    /// <summary>
    /// Entries that are not written as they were, at most 1000: the failed ones, and sockets, which archives cannot
    /// hold and nobody misses.
    /// </summary>
    public required IReadOnlyList<SkippedEntry> Skipped { get; init; }

    /// <summary>How many there are in all.</summary>
    public required long SkippedCount { get; init; }
}
