namespace K8sBackup.Cli.Inside;

/// <summary>What an export wrote.</summary>
internal sealed record ExportSummary
{
    public required string Directory { get; init; }

    public required long Revision { get; init; }

    public long Objects { get; set; }

    public long Files { get; set; }

    public long Bytes { get; set; }

    /// <summary>Objects without their values, because nobody asked for Secrets.</summary>
    public long Masked { get; set; }

    /// <summary>Objects that are not wholly understood; their bytes as stored are beside them.</summary>
    public long Undecoded { get; set; }
}
