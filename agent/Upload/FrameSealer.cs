using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>Compresses frames for the wire; one that does not shrink goes as it is. Thread-safe.</summary>
internal sealed class FrameSealer
{
    private readonly BufferPool _buffers;

    public FrameSealer(BufferPool buffers) => _buffers = buffers;

    /// <summary>The frame to send; the draft's buffer stays the caller's.</summary>
    public OutgoingFrame Seal(FrameDraft draft) => Seal(draft.Content, draft.Ids, draft.Lengths, draft.Buffer.GetSpan()[..draft.Length]);

    /// <summary>The frame of chunks whose plaintext lies in the caller's memory.</summary>
    public OutgoingFrame Seal(FrameContent content, IReadOnlyList<ChunkId> ids, IReadOnlyList<uint> lengths, ReadOnlySpan<byte> plaintext)
    {
        NativeBuffer payload = _buffers.Rent();
        int compressed = Zstd.Compress(plaintext, payload.GetSpan());
        if (compressed < 0)
        {
            plaintext.CopyTo(payload.GetSpan());
        }

        return compressed < 0
            ? new OutgoingFrame(content, Compression.None, ids, lengths, payload, plaintext.Length)
            : new OutgoingFrame(content, Compression.Zstd, ids, lengths, payload, compressed);
    }
}
