using System.Buffers;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Reading;

/// <summary>
/// Takes the wanted chunks out of sealed frames, in the form they are wanted in. The bytes of a chunk are moved once: deciphered or
/// decompressed straight into the memory they are handed out in, and only copied there out of a frame they share. Thread-safe.
/// </summary>
internal sealed class FrameTaker
{
    private readonly FrameReader _reader;
    private readonly ReadForm _form;

    public FrameTaker(FrameReader reader, ReadForm form)
    {
        _reader = reader;
        _form = form;
    }

    /// <summary>False, with nothing added, for a frame that is not the one that was sealed. Its memory is overwritten in any case.</summary>
    public bool TryTake(PlannedFrame frame, Memory<byte> sealedFrame, List<PlannedChunk> chunks)
    {
        try
        {
            Take(frame, sealedFrame, chunks);
            return true;
        }
        catch (RepositoryCorruptException)
        {
            return false;
        }
    }

    /// <summary>Adds the wanted chunks; one that is not what its id says is added as damaged. The frame's memory is overwritten.</summary>
    /// <exception cref="RepositoryCorruptException">It is not the frame that was sealed; nothing was added.</exception>
    public void Take(PlannedFrame frame, Memory<byte> sealedFrame, List<PlannedChunk> chunks)
    {
        if (frame.IsOneChunk)
        {
            chunks.Add(TakeWhole(frame.Wanted[0].Id, frame.Location, sealedFrame));
        }
        else
        {
            TakeShared(frame, sealedFrame, chunks);
        }
    }

    private PlannedChunk TakeWhole(ChunkId id, FrameLocation frame, Memory<byte> sealedFrame)
    {
        int payloadBytes = sealedFrame.Length - ObjectSealer.TagBytes;
        bool isRaw = frame.Encoding == FrameEncoding.Raw && payloadBytes == frame.PlainBytes;
        bool staysCompressed = _form.AsStored && frame.Encoding == FrameEncoding.Zstd;
        if (isRaw || staysCompressed)
        {
            Memory<byte> content = _form.Memory(payloadBytes);
            _reader.Unseal(frame, sealedFrame.Span, content.Span);
            return isRaw ? Checked(id, frame, content) : new PlannedChunk(id, frame.PlainBytes, content, IsCompressed: true, null);
        }

        _reader.Unseal(frame, sealedFrame.Span, sealedFrame.Span);
        Memory<byte> plaintext = _form.Memory(frame.PlainBytes);
        FrameReader.Decode(frame, sealedFrame.Span[..payloadBytes], plaintext.Span);
        return Checked(id, frame, plaintext);
    }

    private void TakeShared(PlannedFrame frame, Memory<byte> sealedFrame, List<PlannedChunk> chunks)
    {
        _reader.Unseal(frame.Location, sealedFrame.Span, sealedFrame.Span);
        byte[] rented = ArrayPool<byte>.Shared.Rent(frame.Location.PlainBytes);
        try
        {
            Span<byte> plaintext = rented.AsSpan(0, frame.Location.PlainBytes);
            FrameReader.Decode(frame.Location, sealedFrame.Span[..^ObjectSealer.TagBytes], plaintext);
            foreach ((ChunkId id, ChunkLocation location) in frame.Wanted)
            {
                chunks.Add(TakePart(id, location, frame.Location, plaintext));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private PlannedChunk TakePart(ChunkId id, ChunkLocation location, FrameLocation frame, ReadOnlySpan<byte> plaintext)
    {
        if ((long)location.Offset + location.Length > plaintext.Length)
        {
            return PlannedChunk.Damaged(id, new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} ends before the chunk does", id));
        }

        Memory<byte> chunk = _form.Memory(location.Length);
        plaintext.Slice(location.Offset, location.Length).CopyTo(chunk.Span);
        return Checked(id, frame, chunk);
    }

    private PlannedChunk Checked(ChunkId id, FrameLocation frame, ReadOnlyMemory<byte> plaintext) =>
        _form.AsStored || ChunkId.Of(plaintext.Span) == id
            ? PlannedChunk.Plain(id, plaintext)
            : PlannedChunk.Damaged(id, new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} holds other bytes where the chunk should be", id));
}
