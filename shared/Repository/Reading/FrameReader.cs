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
        Unseal(frame, sealedFrame);
    }

    /// <summary>Opens a frame whose sealed bytes were read, in their own memory, which is overwritten.</summary>
    /// <exception cref="RepositoryCorruptException">It is not the frame that was sealed there.</exception>
    public byte[] Open(FrameLocation frame, Span<byte> sealedFrame)
    {
        Unseal(frame, sealedFrame);
        return Decode(frame, sealedFrame[..^ObjectSealer.TagBytes]);
    }

    private void Unseal(FrameLocation frame, Span<byte> sealedFrame)
    {
        using ObjectSealer sealer = ObjectSealer.Create(_repository.Keys, frame.Header, frame.ObjectName);
        if (!sealer.TryOpen(frame.Part, 0, sealedFrame, sealedFrame))
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.NotAuthentic, frame.ObjectName, $"frame {frame.Part} at {frame.Offset} is not the one that was sealed");
        }
    }

    private static byte[] Decode(FrameLocation frame, ReadOnlySpan<byte> payload)
    {
        byte[] plaintext = GC.AllocateUninitializedArray<byte>(frame.PlainBytes);
        if (frame.Encoding == FrameEncoding.Raw && payload.Length == plaintext.Length)
        {
            payload.CopyTo(plaintext);
            return plaintext;
        }

        if (frame.Encoding != FrameEncoding.Zstd)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} has another length or encoding than the index says");
        }

        try
        {
            Zstd.Decompress(payload, plaintext);
            return plaintext;
        }
        catch (DecompressionException e)
        {
            throw new RepositoryCorruptException(
                RepositoryDamage.Inconsistent, frame.ObjectName, $"frame {frame.Part} does not decompress to its length", inner: e);
        }
    }
}
