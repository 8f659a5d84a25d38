using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Download;

/// <summary>Turns Data messages back into the file's bytes; every chunk is hashed before a byte of it is used. Not thread-safe.</summary>
internal sealed class ChunkDecoder : IDisposable
{
    private readonly BufferPool _buffers;
    private readonly NativeBuffer _plaintext;

    public ChunkDecoder(BufferPool buffers)
    {
        _buffers = buffers;
        _plaintext = buffers.Rent();
    }

    /// <summary>The bytes for the file, valid until the next call.</summary>
    /// <exception cref="BackupException">The message is malformed, or the chunk is not the one it is said to be.</exception>
    public ReadOnlyMemory<byte> Decode(Data data)
    {
        bool sound = data.FileOffset >= 0
            && data.ChunkLength is > 0 and <= MessageLimits.ChunkBytesMax
            && data.Skip >= 0 && data.Take > 0 && data.Skip <= data.ChunkLength - data.Take
            && data.ChunkId.Length == ChunkId.Bytes;
        if (!sound)
        {
            throw new BackupException(FailureCause.ProtocolViolation, "The restore stream has a malformed piece of data.");
        }

        Memory<byte> plaintext = _plaintext.Memory[..data.ChunkLength];
        ChunkId id = new(data.ChunkId.Span);
        if (!Unpack(data, plaintext.Span) || ChunkId.Of(plaintext.Span) != id)
        {
            throw new BackupException(FailureCause.StoreCorrupt, $"Chunk {id} did not arrive as it was stored.");
        }

        return plaintext.Slice(data.Skip, data.Take);
    }

    public void Dispose() => _buffers.Return(_plaintext);

    private static bool Unpack(Data data, Span<byte> plaintext)
    {
        switch (data.Compression)
        {
            case Compression.None when data.Payload.Length == plaintext.Length:
                data.Payload.Span.CopyTo(plaintext);
                return true;
            case Compression.Zstd:
                try
                {
                    Zstd.Decompress(data.Payload.Span, plaintext);
                    return true;
                }
                catch (DecompressionException)
                {
                    return false;
                }

            default:
                return false;
        }
    }
}
