using K8sBackup.Chunking.Compression;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>Compresses frames for the wire; one that does not shrink goes as it is. Thread-safe.</summary>
internal sealed class FrameSealer
{
    private readonly BufferPool _buffers;

    public FrameSealer(BufferPool buffers) => _buffers = buffers;

    /// <summary>The frame to send; the draft's buffer stays the caller's.</summary>
    public OutgoingFrame Seal(FrameDraft draft)
    {
        NativeBuffer payload = _buffers.Rent();
        ReadOnlySpan<byte> plaintext = draft.Buffer.GetSpan()[..draft.Length];
        int compressed = Zstd.Compress(plaintext, payload.GetSpan());
        if (compressed < 0)
        {
            plaintext.CopyTo(payload.GetSpan());
        }

        return compressed < 0
            ? new OutgoingFrame(draft.Content, Compression.None, draft.Ids, draft.Lengths, payload, draft.Length)
            : new OutgoingFrame(draft.Content, Compression.Zstd, draft.Ids, draft.Lengths, payload, compressed);
    }
}
