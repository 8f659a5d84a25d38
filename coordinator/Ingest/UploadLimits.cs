namespace K8sBackup.Coordinator.Ingest;

/// <summary>What one upload may cost the coordinator. Message sizes are in <see cref="Transport.Channels.MessageLimits"/>.</summary>
public sealed record UploadLimits
{
    public static readonly UploadLimits Default = new();

    /// <summary>
    /// Payload an agent may have on its way beyond the last acknowledgement: 400 MiB/s over a round trip of 80 ms.
    /// </summary>
    public long WindowBytes { get; init; } = 32L * 1024 * 1024;

    /// <summary>
    /// Chunks one upload may send. Each costs 32 bytes of disk while the work goes on and 32 bytes of memory while the
    /// tree is verified at the end: 16 million are 4 TiB at the usual 256 KiB, and 512 MiB.
    /// </summary>
    public long ChunksMax { get; init; } = 16L * 1024 * 1024;

    /// <summary>Uploads going on at once, over all nodes. More are refused, and the agents try again later.</summary>
    public int UploadsMax { get; init; } = 64;

    /// <summary>Trees verified at once: the step that needs memory for ids.</summary>
    public int VerificationsMax { get; init; } = 2;

    /// <summary>Entries a tree may hold.</summary>
    public long EntriesMax { get; init; } = 100_000_000;

    /// <summary>Extents of all files of a tree together: a tree can name the same lists over and over.</summary>
    public long ExtentsMax { get; init; } = 400_000_000;

    /// <summary>Bytes after which what was received is acknowledged.</summary>
    public long AckBytes { get; init; } = 4L * 1024 * 1024;

    /// <summary>Time after which what was received is acknowledged.</summary>
    public TimeSpan AckInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How often received chunks are made durable and entered in the ledger. Fixed, and independent of what the
    /// repository already had, so that the acknowledgement tells nothing about it.
    /// </summary>
    public TimeSpan DurableInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the agent may take for its first message.</summary>
    public TimeSpan HeaderTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long an upload may be silent. Reading a large unchanged tree sends nothing for long; a lost connection is
    /// noticed by pings long before.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromHours(2);
}
