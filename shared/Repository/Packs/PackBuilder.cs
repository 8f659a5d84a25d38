using System.Buffers.Binary;
using K8sBackup.Model.Invariants;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Keys;

namespace K8sBackup.Repository.Packs;

/// <summary>
/// One pack being filled in a buffer that is used for one pack after the other. Frames are sealed straight into it. Not thread-safe.
/// </summary>
internal sealed class PackBuilder : IDisposable
{
    /// <summary>Most chunks in a pack, which bounds the directory at 1.6 MiB.</summary>
    public const int ChunksMax = 32_768;

    /// <summary>Directories begin at multiples of this, so that a pack's length tells no chunk's length.</summary>
    public const int FramesAlignment = 16 << 10;

    private const int DirectoryAlignment = 1024;

    private readonly byte[] _buffer;
    private readonly int _targetBytes;
    private readonly List<PackFrame> _frames = [];
    private readonly List<PackChunk> _chunks = [];
    private ObjectHeader? _header;
    private ObjectSealer? _sealer;
    private int _end;

    public PackBuilder(int targetBytes)
    {
        _targetBytes = targetBytes;
        int frameArea = Math.Max(targetBytes, RepositoryLimits.FrameBytesMax) + ObjectHeader.Bytes + (2 * FramesAlignment);
        int directory = PackDirectoryCodec.EncodedBytes(ChunksMax + 1, ChunksMax) + DirectoryAlignment + (2 * ObjectSealer.TagBytes);
        _buffer = GC.AllocateUninitializedArray<byte>(frameArea + directory + PackFooter.Bytes, pinned: true);
        PageMemory.PreferHugePages(_buffer);
    }

    public bool IsEmpty => _frames.Count == 0;

    /// <summary>Begins a new, empty pack.</summary>
    public void Begin(MasterKeys keys)
    {
        _sealer?.Dispose();
        _header = ObjectHeader.Create(ObjectType.Pack, keys.CurrentEpoch, ObjectId.Create());
        _sealer = ObjectSealer.Create(keys, _header, ObjectNames.Pack(_header.Id));
        _header.WriteTo(_buffer);
        _frames.Clear();
        _chunks.Clear();
        _end = ObjectHeader.Bytes;
    }

    /// <summary>True when a frame of that size fits before the pack has its target size; an empty pack takes any frame.</summary>
    public bool HasRoomFor(int payloadBytes, int chunks) =>
        IsEmpty || (_end + payloadBytes + ObjectSealer.TagBytes <= _targetBytes && _chunks.Count + chunks <= ChunksMax);

    /// <summary>Seals one frame into the pack.</summary>
    public void Append(FrameEncoding encoding, ReadOnlySpan<byte> payload, ReadOnlySpan<PackChunk> chunks)
    {
        Invariant.Check(
            HasRoomFor(payload.Length, chunks.Length) && payload.Length <= RepositoryLimits.FrameBytesMax && chunks.Length <= ChunksMax);
        int plainBytes = 0;
        foreach (PackChunk chunk in chunks)
        {
            plainBytes += chunk.Length;
        }

        AppendSealed(encoding, payload, plainBytes, chunks.Length);
        _chunks.AddRange(chunks);
    }

    /// <summary>Pads, adds directory and footer. The content is valid until <see cref="Begin"/>.</summary>
    public (PackDirectory Directory, ReadOnlyMemory<byte> Content) Complete()
    {
        int zeros = (FramesAlignment - ((_end + ObjectSealer.TagBytes) % FramesAlignment)) % FramesAlignment;
        AppendSealed(FrameEncoding.Padding, new byte[zeros], 0, 0);
        int payloadBytes = PackDirectoryCodec.EncodedBytes(_frames.Count, _chunks.Count);
        int paddedBytes = (sizeof(uint) + payloadBytes + DirectoryAlignment - 1) / DirectoryAlignment * DirectoryAlignment;
        byte[] plaintext = new byte[paddedBytes];
        BinaryPrimitives.WriteInt32LittleEndian(plaintext, payloadBytes);
        PackDirectoryCodec.Write(_frames, _chunks, plaintext.AsSpan(sizeof(uint)));
        PackFooter footer = new(_end, paddedBytes + ObjectSealer.TagBytes);
        _sealer!.Seal(ObjectSealer.TrailingPart, footer.Bound, plaintext, _buffer.AsSpan(_end, footer.DirectoryBytes));
        footer.WriteTo(_buffer.AsSpan(_end + footer.DirectoryBytes));
        int packBytes = _end + footer.DirectoryBytes + PackFooter.Bytes;
        PackDirectory directory = new()
        {
            Header = _header!,
            PackBytes = packBytes,
            Frames = [.. _frames],
            Chunks = [.. _chunks],
        };
        return (directory, _buffer.AsMemory(0, packBytes));
    }

    /// <summary>Takes no memory until the next <see cref="Begin"/>; what <see cref="Complete"/> gave is of no use any more.</summary>
    public void Rest() => PageMemory.Drop(_buffer);

    public void Dispose() => _sealer?.Dispose();

    private void AppendSealed(FrameEncoding encoding, ReadOnlySpan<byte> payload, int plainBytes, int chunks)
    {
        int sealedBytes = payload.Length + ObjectSealer.TagBytes;
        _sealer!.Seal((uint)_frames.Count, 0, payload, _buffer.AsSpan(_end, sealedBytes));
        _frames.Add(new PackFrame(_end, sealedBytes, plainBytes, encoding, _chunks.Count, chunks));
        _end += sealedBytes;
    }
}
