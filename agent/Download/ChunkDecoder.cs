using K8sBackup.Agent.Upload;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Payloads;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Download;

/// <summary>
/// Turns Data messages back into the file's bytes; every chunk is hashed before a byte of it is used. Keeps the chunks of which parts
/// came last, since the coordinator sends those once (<see cref="RecentChunks{T}"/>): 16 MiB at most. Not thread-safe.
/// </summary>
internal sealed class ChunkDecoder : IDisposable
{
    private readonly RecentChunks<NativeBuffer?> _parts = new();
    private readonly BufferPool _buffers;
    private readonly NativeBuffer _plaintext;

    public ChunkDecoder(BufferPool buffers)
    {
        _buffers = buffers;
        _plaintext = buffers.Rent();
    }

    /// <summary>Another stream begins.</summary>
    public void Begin()
    {
        foreach (NativeBuffer buffer in _parts.Values.OfType<NativeBuffer>())
        {
            _buffers.Return(buffer);
        }

        _parts.Clear();
    }

    /// <summary>Takes note of every piece of data of a stream in order, wanted or not.</summary>
    /// <exception cref="BackupException">It is malformed, or says that a chunk was sent before which was not.</exception>
    public void Take(Data data)
    {
        bool sound = data.FileOffset >= 0
            && data.ChunkLength is > 0 and <= MessageLimits.ChunkBytesMax
            && data.Skip >= 0 && data.Take > 0 && data.Skip <= data.ChunkLength - data.Take
            && data.ChunkId.Length == ChunkId.Bytes;
        ChunkId id = sound ? new(data.ChunkId.Span) : default;
        bool isKnown = sound && IsPart(data) && _parts.TryUse(id, out _);
        if (!sound || (!isKnown && data.Payload.IsEmpty))
        {
            throw new BackupException(FailureCause.ProtocolViolation, "The restore stream has a malformed piece of data.");
        }

        if (IsPart(data) && !isKnown)
        {
            Keep(id, data);
        }
    }

    /// <summary>The bytes for the file, of data that was taken note of; valid until the next piece comes.</summary>
    /// <exception cref="BackupException">The chunk is not the one it is said to be.</exception>
    public ReadOnlyMemory<byte> Decode(Data data)
    {
        ChunkId id = new(data.ChunkId.Span);
        ReadOnlyMemory<byte> plaintext = default;
        bool isSound = false;
        if (!IsPart(data))
        {
            isSound = TryUnpack(id, data, _plaintext, out plaintext);
        }
        else if (_parts.TryUse(id, out NativeBuffer? kept) && kept is not null)
        {
            (isSound, plaintext) = (true, kept.Memory[..data.ChunkLength]);
        }

        return isSound
            ? plaintext.Slice(data.Skip, data.Take)
            : throw new BackupException(FailureCause.StoreCorrupt, $"Chunk {id} did not arrive as it was stored.");
    }

    public void Dispose()
    {
        Begin();
        _buffers.Return(_plaintext);
    }

    private static bool IsPart(Data data) => data.Take < data.ChunkLength;

    // One that did not arrive as it was stored is kept as nothing, because the sender takes it for sent.
    private void Keep(ChunkId id, Data data)
    {
        NativeBuffer buffer = _parts.TryMakeRoom(out NativeBuffer? forgotten) && forgotten is not null ? forgotten : _buffers.Rent();
        bool isSound = TryUnpack(id, data, buffer, out ReadOnlyMemory<byte> plaintext);
        if (!isSound)
        {
            _buffers.Return(buffer);
        }
        else if (data.Compression == Compression.None)
        {
            plaintext.Span.CopyTo(buffer.GetSpan());
        }

        _parts.Add(id, isSound ? buffer : null);
    }

    // False when it is not the chunk. What came uncompressed stays where it is.
    private static bool TryUnpack(ChunkId id, Data data, NativeBuffer buffer, out ReadOnlyMemory<byte> plaintext)
    {
        plaintext = data.Payload.Memory;
        if (data.Compression == Compression.Zstd)
        {
            plaintext = buffer.Memory[..data.ChunkLength];
            try
            {
                Zstd.Decompress(data.Payload.Span, buffer.GetSpan()[..data.ChunkLength]);
            }
            catch (DecompressionException)
            {
                return false;
            }
        }
        else if (data.Compression != Compression.None || plaintext.Length != data.ChunkLength)
        {
            return false;
        }

        return ChunkId.Of(plaintext.Span) == id;
    }
}
