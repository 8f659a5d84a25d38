using Google.Protobuf.Collections;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Channels;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// A frame whose shape was checked: every number in it is within its limit. The content is not checked yet. To be disposed when it is
/// stored: the payload is a piece of the received message.
/// </summary>
internal sealed record ReceivedFrame : IDisposable
{
    public required ulong Seq { get; init; }

    public required bool IsMetadata { get; init; }

    public required bool IsCompressed { get; init; }

    public required ChunkId[] Ids { get; init; }

    /// <summary>Plaintext length of each chunk.</summary>
    public required int[] Lengths { get; init; }

    /// <summary>Plaintext length of all chunks together.</summary>
    public required int PlaintextBytes { get; init; }

    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Bytes of the payload, also when it is no more.</summary>
    public required int PayloadBytes { get; init; }

    public required Wire.Frame Message { private get; init; }

    public void Dispose() => Message.Release();

    /// <summary>Reads the message, touching nothing in proportion to a number that was not checked before.</summary>
    /// <exception cref="InvalidDataException">A field is out of its range; the message names it.</exception>
    public static ReceivedFrame Read(Wire.Frame frame, ulong expectedSeq)
    {
        Require(frame.Seq == expectedSeq, $"is number {frame.Seq} where {expectedSeq} was due");
        Require(frame.Content is Wire.FrameContent.Data or Wire.FrameContent.Metadata, "has no known content");
        Require(frame.Compression is Wire.Compression.None or Wire.Compression.Zstd, "has no known compression");
        Require(frame.Lengths.Count is > 0 and <= MessageLimits.FrameChunksMax, $"has {frame.Lengths.Count} chunks");
        Require(frame.ChunkIds.Length == (long)frame.Lengths.Count * ChunkId.Bytes, "has not as many ids as lengths");
        Require(frame.Payload.Length is > 0 and <= MessageLimits.FramePayloadBytesMax, $"has {frame.Payload.Length} bytes of payload");
        int[] lengths = ReadLengths(frame.Lengths, out int plaintext);
        bool compressed = frame.Compression == Wire.Compression.Zstd;
        Require(compressed || frame.Payload.Length == plaintext, "has not as many bytes as its chunks");
        return new ReceivedFrame
        {
            Seq = frame.Seq,
            IsMetadata = frame.Content == Wire.FrameContent.Metadata,
            IsCompressed = compressed,
            Ids = ReadIds(frame.ChunkIds.Span),
            Lengths = lengths,
            PlaintextBytes = plaintext,
            Payload = frame.Payload.Memory,
            PayloadBytes = frame.Payload.Length,
            Message = frame,
        };
    }

    private static int[] ReadLengths(RepeatedField<uint> lengths, out int sum)
    {
        int[] read = new int[lengths.Count];
        long total = 0;
        for (int i = 0; i < read.Length; i++)
        {
            Require(lengths[i] is > 0 and <= MessageLimits.ChunkBytesMax, $"has a chunk of {lengths[i]} bytes");
            read[i] = (int)lengths[i];
            total += read[i];
        }

        Require(total <= MessageLimits.FrameBytesMax, $"has {total} bytes of plaintext");
        sum = (int)total;
        return read;
    }

    private static ChunkId[] ReadIds(ReadOnlySpan<byte> packed)
    {
        ChunkId[] ids = new ChunkId[packed.Length / ChunkId.Bytes];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = new ChunkId(packed.Slice(i * ChunkId.Bytes, ChunkId.Bytes));
        }

        return ids;
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidDataException($"The frame {problem}.");
        }
    }
}
