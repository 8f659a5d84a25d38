using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Upload;

/// <summary>Chunks collected for one frame, not yet compressed. Owns its buffer until it is sealed.</summary>
internal sealed class FrameDraft
{
    private readonly List<ChunkId> _ids = [];
    private readonly List<uint> _lengths = [];

    public FrameDraft(FrameContent content, NativeBuffer buffer)
    {
        Content = content;
        Buffer = buffer;
    }

    public FrameContent Content { get; }

    public NativeBuffer Buffer { get; }

    public int Length { get; private set; }

    public IReadOnlyList<ChunkId> Ids => _ids;

    public IReadOnlyList<uint> Lengths => _lengths;

    public void Add(ChunkId id, ReadOnlySpan<byte> plaintext)
    {
        plaintext.CopyTo(Buffer.GetSpan()[Length..]);
        Length += plaintext.Length;
        _ids.Add(id);
        _lengths.Add((uint)plaintext.Length);
    }
}
