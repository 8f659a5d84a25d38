using System.Buffers.Binary;
using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Packs;

/// <summary>
/// Bytes of a directory, in packs and in index segments: u32 frames, u32 chunks, then 12 bytes per frame (u32 sealed bytes, u32 plain
/// bytes, u8 encoding, u8 zero, u16 chunks), then 36 bytes per chunk (store id, u32 length). Offsets follow from the lengths.
/// </summary>
internal static class PackDirectoryCodec
{
    private const int CountsBytes = 8;
    private const int FrameBytes = 12;
    private const int ChunkBytes = StoreChunkId.Bytes + sizeof(uint);

    public static int EncodedBytes(int frames, int chunks) => CountsBytes + (frames * FrameBytes) + (chunks * ChunkBytes);

    /// <summary>Writes a directory; returns its length.</summary>
    public static int Write(IReadOnlyList<PackFrame> frames, IReadOnlyList<PackChunk> chunks, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32LittleEndian(destination, frames.Count);
        BinaryPrimitives.WriteInt32LittleEndian(destination[4..], chunks.Count);
        Span<byte> rest = destination[CountsBytes..];
        for (int i = 0; i < frames.Count; i++, rest = rest[FrameBytes..])
        {
            PackFrame frame = frames[i];
            BinaryPrimitives.WriteInt32LittleEndian(rest, frame.SealedBytes);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], frame.PlainBytes);
            rest[8] = (byte)frame.Encoding;
            rest[9] = 0;
            BinaryPrimitives.WriteUInt16LittleEndian(rest[10..], checked((ushort)frame.Chunks));
        }

        for (int i = 0; i < chunks.Count; i++, rest = rest[ChunkBytes..])
        {
            chunks[i].Id.CopyTo(rest);
            BinaryPrimitives.WriteInt32LittleEndian(rest[StoreChunkId.Bytes..], chunks[i].Length);
        }

        return EncodedBytes(frames.Count, chunks.Count);
    }

    /// <summary>
    /// Reads a directory and proves that it describes a possible pack: every number within the limits, frames inside
    /// <paramref name="framesEnd"/>, chunks adding up to their frames. Returns its length.
    /// </summary>
    /// <exception cref="RepositoryCorruptException">It does not.</exception>
    public static int Read(
        ReadOnlySpan<byte> source, long framesEnd, string objectName, out PackFrame[] frames, out PackChunk[] chunks)
    {
        long frameCount = source.Length < CountsBytes ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(source);
        long chunkCount = source.Length < CountsBytes ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        if (frameCount < 0 || CountsBytes + (frameCount * FrameBytes) + (chunkCount * ChunkBytes) > source.Length)
        {
            throw Malformed(objectName, $"a directory claims {frameCount} frames and {chunkCount} chunks in {source.Length} bytes");
        }

        chunks = ReadChunks(source[(CountsBytes + ((int)frameCount * FrameBytes))..], (int)chunkCount, objectName);
        frames = new PackFrame[frameCount];
        long offset = ObjectHeader.Bytes;
        int nextChunk = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            frames[i] = ReadFrame(source[(CountsBytes + (i * FrameBytes))..], offset, nextChunk, objectName);
            offset += frames[i].SealedBytes;
            nextChunk += frames[i].Chunks;
            if (offset > framesEnd || nextChunk > chunks.Length || PlainBytes(chunks, frames[i]) != frames[i].PlainBytes)
            {
                throw Malformed(objectName, $"a directory's frame {i} does not fit the pack or its chunks");
            }
        }

        return nextChunk == chunks.Length
            ? EncodedBytes(frames.Length, chunks.Length)
            : throw Malformed(objectName, "a directory lists chunks of no frame");
    }

    private static PackFrame ReadFrame(ReadOnlySpan<byte> source, long offset, int firstChunk, string objectName)
    {
        uint sealedBytes = BinaryPrimitives.ReadUInt32LittleEndian(source);
        uint plainBytes = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        FrameEncoding encoding = (FrameEncoding)source[8];
        int chunks = BinaryPrimitives.ReadUInt16LittleEndian(source[10..]);
        bool possible = sealedBytes is >= ObjectSealer.TagBytes and <= RepositoryLimits.FrameBytesMax + ObjectSealer.TagBytes
            && plainBytes <= RepositoryLimits.FrameBytesMax
            && encoding switch
            {
                FrameEncoding.Raw => chunks > 0 && sealedBytes == plainBytes + ObjectSealer.TagBytes,
                FrameEncoding.Zstd => chunks > 0,
                FrameEncoding.Padding => chunks == 0 && plainBytes == 0,
                _ => false,
            };
        return possible && offset + sealedBytes <= RepositoryLimits.PackBytesMax
            ? new PackFrame((int)offset, (int)sealedBytes, (int)plainBytes, encoding, firstChunk, chunks)
            : throw Malformed(objectName, $"a directory claims a frame of {sealedBytes} bytes for {plainBytes} in {chunks} chunks at {offset}");
    }

    private static PackChunk[] ReadChunks(ReadOnlySpan<byte> source, int count, string objectName)
    {
        PackChunk[] chunks = new PackChunk[count];
        for (int i = 0; i < count; i++, source = source[ChunkBytes..])
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(source[StoreChunkId.Bytes..]);
            chunks[i] = length is > 0 and <= RepositoryLimits.ChunkBytesMax
                ? new PackChunk(StoreChunkId.Read(source), (int)length)
                : throw Malformed(objectName, $"a directory claims a chunk of {length} bytes");
        }

        return chunks;
    }

    private static long PlainBytes(PackChunk[] chunks, PackFrame frame)
    {
        long sum = 0;
        for (int i = 0; i < frame.Chunks; i++)
        {
            sum += chunks[frame.FirstChunk + i].Length;
        }

        return sum;
    }

    private static RepositoryCorruptException Malformed(string objectName, string detail) =>
        new(RepositoryDamage.Malformed, objectName, detail);
}
