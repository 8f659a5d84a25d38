using K8sBackup.Model.Ids;
using K8sBackup.Model.Invariants;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>
/// Groups small chunks to frames of up to 512 KiB of plaintext; file bytes and metadata never share one. Thread-safe; a frame that got full goes to the caller who filled it.
/// </summary>
internal sealed class FrameBuilder : IDisposable
{
    /// <summary>Plaintext of a shared frame, in bytes (DESIGN section 5).</summary>
    public const int SharedBytesMax = 512 * 1024;

    /// <summary>A chunk of this size is a frame of its own: alone it compresses as well, and is read without its neighbours.</summary>
    public const int AloneBytesMin = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly BufferPool _buffers;
    private FrameDraft? _data;
    private FrameDraft? _metadata;

    public FrameBuilder(BufferPool buffers) => _buffers = buffers;

    /// <summary>Adds a chunk by copy. The result is a frame to send, or null.</summary>
    public FrameDraft? Add(FrameContent content, ChunkId id, ReadOnlySpan<byte> plaintext)
    {
        Invariant.Check(plaintext.Length is > 0 and < AloneBytesMin);
        lock (_lock)
        {
            ref FrameDraft? open = ref content == FrameContent.Metadata ? ref _metadata : ref _data;
            FrameDraft? full = null;
            if (open is not null && (open.Length + plaintext.Length > SharedBytesMax || open.Ids.Count == MessageLimits.FrameChunksMax))
            {
                full = open;
                open = null;
            }

            open ??= new FrameDraft(content, _buffers.Rent());
            open.Add(id, plaintext);
            return full;
        }
    }

    /// <summary>Takes what is left of every kind.</summary>
    public IReadOnlyList<FrameDraft> TakeRest()
    {
        lock (_lock)
        {
            FrameDraft[] rest = [.. new[] { _data, _metadata }.OfType<FrameDraft>()];
            (_data, _metadata) = (null, null);
            return rest;
        }
    }

    public void Dispose()
    {
        foreach (FrameDraft draft in TakeRest())
        {
            _buffers.Return(draft.Buffer);
        }
    }
}
