using K8sBackup.Chunking.Compression;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Reading;

/// <summary>Turns sealed frames into the plaintext of their chunks. Thread-safe.</summary>
internal sealed class FrameReader
{
    private readonly OpenRepository _repository;

    public FrameReader(OpenRepository repository) => _repository = repository;

    /// <summary>Reads one frame.</summary>
    /// <exception cref="RepositoryCorruptException">The pack is missing or short, or the frame is not the one that was sealed.</exception>
    public async Task<byte[]> ReadAsync(FrameLocation frame, CancellationToken cancellationToken)
    {
        byte[] sealedFrame = await PackReader.ReadRangeAsync(
            _repository.Store, frame.ObjectName, frame.Offset, frame.SealedBytes, cancellationToken);
        return Open(frame, sealedFrame);
    }

    /// <summary>Reads a padding frame and proves that it is the one that was sealed.</summary>
    /// <exception cref="RepositoryCorruptException">It is not.</exception>
    public async Task ReadPaddingAsync(FrameLocation frame, CancellationToken cancellationToken)
    {
        byte[] sealedFrame = await PackReader.ReadRangeAsync(
            _repository.Store, frame.ObjectName, frame.Offset, frame.SealedBytes, cancellationToken);
        Unseal(frame, sealedFrame, sealedFrame);
    }

    /// <summary>Opens a frame whose sealed bytes were read, in their own memory, which is overwritten.</summary>
    /// <exception cref="RepositoryCorruptException">It is not the frame that was sealed there.</exception>
    public byte[] Open(FrameLocation frame, Span<byte> sealedFrame)
    {
        Unseal(frame, sealedFrame, sealedFrame);
        byte[] plaintext = GC.AllocateUninitializedArray<byte>(frame.PlainBytes);
        Decode(frame, sealedFrame[..^ObjectSealer.TagBytes], plaintext);
        return plaintext;
    }

    /// <summary>Deciphers a frame; the destination holds at least its payload and may be the frame's own memory.</summary>
    /// <exception cref="RepositoryCorruptException">It is not the frame that was sealed there.</exception>
    public void Unseal(FrameLocation frame, ReadOnlySpan<byte> sealedFrame, Span<byte> destination)
    {
        using ObjectSealer sealer = ObjectSealer.Create(_repository.Keys, frame.Header, frame.ObjectName);
        if (!sealer.TryOpen(frame.Part, 0, sealedFrame, destination))
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.NotAuthentic, frame.ObjectName, $"frame {frame.Part} at {frame.Offset} is not the one that was sealed");
        }
    }

    /// <summary>Brings a deciphered payload into the plaintext, which has the frame's length.</summary>
    /// <exception cref="RepositoryCorruptException">It does not become that many bytes.</exception>
    public static void Decode(FrameLocation frame, ReadOnlySpan<byte> payload, Span<byte> plaintext)
    {
        if (frame.Encoding == FrameEncoding.Raw && payload.Length == plaintext.Length)
        {
            payload.CopyTo(plaintext);
            return;
        }

        if (frame.Encoding != FrameEncoding.Zstd)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} has another length or encoding than the index says");
        }

        try
        {
            Zstd.Decompress(payload, plaintext);
        }
        catch (DecompressionException e)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} does not decompress to its length", inner: e);
        }
    }
}
