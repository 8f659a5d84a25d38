using System.Buffers;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>A frame whose every chunk was decompressed within bounds and hashed. Holds a rented buffer until disposed.</summary>
internal sealed class VerifiedFrame : IDisposable
{
    private readonly IncomingFrame _frame;
    private readonly ReadOnlyMemory<byte> _plaintext;
    private byte[]? _rented;

    private VerifiedFrame(IncomingFrame frame, ReadOnlyMemory<byte> plaintext, byte[]? rented, PackChunk[] chunks)
    {
        _frame = frame;
        _plaintext = plaintext;
        _rented = rented;
        Chunks = chunks;
    }

    /// <summary>The chunks in order, under their store ids.</summary>
    public PackChunk[] Chunks { get; }

    /// <exception cref="FrameRejectedException">The frame is not what it claims.</exception>
    public static VerifiedFrame Verify(IncomingFrame frame, MasterKeys keys)
    {
        int plainBytes = CheckShape(frame);
        byte[]? rented = frame.Compressed ? ArrayPool<byte>.Shared.Rent(plainBytes) : null;
        try
        {
            if (rented is not null)
            {
                Zstd.Decompress(frame.Payload.Span, rented.AsSpan(0, plainBytes));
            }

            ReadOnlyMemory<byte> plaintext = rented is null ? frame.Payload : rented.AsMemory(0, plainBytes);
            return new VerifiedFrame(frame, plaintext, rented, HashChunks(frame, plaintext.Span, keys));
        }
        catch (Exception e) when (e is DecompressionException or FrameRejectedException)
        {
            Return(rented);
            throw e as FrameRejectedException
                ?? new FrameRejectedException(FrameRejection.NotDecompressible, $"{frame.Payload.Length} bytes are not {plainBytes} compressed", e);
        }
    }

    /// <summary>
    /// The chunks at <paramref name="places"/> as a frame's payload: the agent's own bytes when that is all of them, otherwise compressed
    /// anew, and decompressed again to compare, because a compressor's defect must not reach the store.
    /// </summary>
    public (FrameEncoding Encoding, ReadOnlyMemory<byte> Payload) Encode(IReadOnlyList<int> places)
    {
        if (places.Count == Chunks.Length)
        {
            bool keeps = _frame.Compressed && _frame.Payload.Length < _plaintext.Length;
            return keeps ? (FrameEncoding.Zstd, _frame.Payload) : (FrameEncoding.Raw, _plaintext);
        }

        byte[] plaintext = Collect(places);
        byte[] compressed = new byte[plaintext.Length];
        int length = _frame.Compressed ? Zstd.Compress(plaintext, compressed) : -1;
        if (length < 0)
        {
            return (FrameEncoding.Raw, plaintext);
        }

        byte[] again = new byte[plaintext.Length];
        Zstd.Decompress(compressed.AsSpan(0, length), again);
        Model.Invariants.Invariant.Check(again.AsSpan().SequenceEqual(plaintext));
        return (FrameEncoding.Zstd, compressed.AsMemory(0, length));
    }

    public void Dispose()
    {
        Return(_rented);
        _rented = null;
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int CheckShape(IncomingFrame frame)
    {
        if (frame.Chunks.Length is 0 or > PackBuilder.ChunksMax || frame.Chunks.Length != frame.Lengths.Length)
        {
            throw Misshapen($"{frame.Chunks.Length} chunks with {frame.Lengths.Length} lengths");
        }

        long sum = 0;
        foreach (int length in frame.Lengths.Span)
        {
            sum += length is > 0 and <= RepositoryLimits.ChunkBytesMax ? length : throw Misshapen($"a chunk of {length} bytes");
        }

        bool fits = sum <= RepositoryLimits.FrameBytesMax
            && frame.Payload.Length <= RepositoryLimits.FrameBytesMax
            && (frame.Compressed || frame.Payload.Length == sum);
        return fits ? (int)sum : throw Misshapen($"{frame.Payload.Length} bytes for chunks of {sum}");
    }

    private static PackChunk[] HashChunks(IncomingFrame frame, ReadOnlySpan<byte> plaintext, MasterKeys keys)
    {
        ReadOnlySpan<ChunkId> ids = frame.Chunks.Span;
        ReadOnlySpan<int> lengths = frame.Lengths.Span;
        PackChunk[] chunks = new PackChunk[ids.Length];
        for (int i = 0; i < chunks.Length; i++)
        {
            if (ChunkId.Of(plaintext[..lengths[i]]) != ids[i])
            {
                throw new FrameRejectedException(FrameRejection.WrongHash, $"Chunk {i} of {ids.Length} is not {ids[i]}");
            }

            chunks[i] = new PackChunk(StoreChunkId.Of(ids[i], keys), lengths[i]);
            plaintext = plaintext[lengths[i]..];
        }

        return chunks;
    }

    private static FrameRejectedException Misshapen(string what) =>
        new(FrameRejection.WrongShape, $"A frame claims {what}");

    private byte[] Collect(IReadOnlyList<int> places)
    {
        byte[] collected = new byte[places.Sum(p => Chunks[p].Length)];
        int from = 0;
        int to = 0;
        int next = 0;
        for (int i = 0; i < Chunks.Length && next < places.Count; i++)
        {
            if (places[next] == i)
            {
                _plaintext.Span.Slice(from, Chunks[i].Length).CopyTo(collected.AsSpan(to));
                to += Chunks[i].Length;
                next++;
            }

            from += Chunks[i].Length;
        }

        return collected;
    }
}
