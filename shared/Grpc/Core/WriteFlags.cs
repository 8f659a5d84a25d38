namespace Grpc.Core;

/// <summary>Flags of one written message.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one before it is sent.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not to be compressed; this runtime never compresses.</summary>
    NoCompress = 0x2,
}
