namespace K8sBackup.Transport.Channels;

/// <summary>Sizes both ends agree on.</summary>
public static class MessageLimits
{
    /// <summary>Largest message either side takes, in bytes.</summary>
    public const int ReceiveBytesMax = 4 * 1024 * 1024;

    /// <summary>Largest chunk, in bytes of plaintext.</summary>
    public const int ChunkBytesMax = 1024 * 1024;

    /// <summary>Most plaintext in a frame, in bytes.</summary>
    public const int FrameBytesMax = 1024 * 1024;

    /// <summary>Most chunks in a frame.</summary>
    public const int FrameChunksMax = 4096;

    /// <summary>Largest payload of a frame: its plaintext plus what compression may add before it is given up.</summary>
    public const int FramePayloadBytesMax = FrameBytesMax + 4096;

    /// <summary>Most ids in one list message.</summary>
    public const int ListedChunksMax = 16_384;

    /// <summary>Items after which a batch of restore items is sent, in bytes.</summary>
    public const int RestoreBatchBytes = 256 * 1024;
}
