using Google.Protobuf;
using Grpc.Core;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// Sends the entries of a parent snapshot with their content, in messages of about 256 KiB: a file with more is split
/// over several. Memory: one message, one tree block a level, one list chunk.
/// </summary>
internal sealed class ParentStream
{
    // Tag, length and three numbers around the 32 bytes of the id.
    private const int ExtentBytes = ChunkId.Bytes + 24;

    private readonly IChunkSource _chunks;
    private readonly IServerStreamWriter<Wire.ParentMessage> _responses;
    private Wire.ParentMessage _message = new();
    private int _bytes;

    public ParentStream(IChunkSource chunks, IServerStreamWriter<Wire.ParentMessage> responses)
    {
        _chunks = chunks;
        _responses = responses;
    }

    public async Task SendAsync(ChunkId root, CancellationToken cancellationToken)
    {
        FileContentReader contents = new(_chunks);
        await foreach (TreeEntry entry in new TreeReader(_chunks, root).WalkAsync(cancellationToken))
        {
            Wire.ParentEntry part = Begin(new Wire.ParentEntry { Entry = EntryMapping.ToWire(entry), PageBytes = entry.Content.PageBytes });
            await foreach (Extent extent in contents.ExtentsAsync(entry.Content, entry.Size, cancellationToken))
            {
                part = await RoomAsync(part, cancellationToken);
                part.Extents.Add(ToWire(extent));
                _bytes += ExtentBytes;
            }

            foreach (ChunkId digests in entry.Content.PageDigestChunks)
            {
                part = await RoomAsync(part, cancellationToken);
                // One chunk a part: the agent names each by its hash again, and may then reference it.
                part = part.PageDigests.IsEmpty ? part : Begin(new Wire.ParentEntry());
                ReadOnlyMemory<byte> bytes = await _chunks.ReadAsync(digests, cancellationToken);
                part.PageDigests = ByteString.CopyFrom(bytes.Span);
                _bytes += bytes.Length;
            }

            part.Last = true;
            if (IsFull)
            {
                await FlushAsync(cancellationToken);
            }
        }

        await FlushAsync(cancellationToken);
    }

    private bool IsFull => _bytes >= MessageLimits.RestoreBatchBytes;

    private static Wire.ParentExtent ToWire(Extent extent) => new()
    {
        FileOffset = extent.FileOffset,
        ChunkId = UnsafeByteOperations.UnsafeWrap(extent.Chunk.ToArray()),
        ChunkOffset = extent.ChunkOffset,
        Length = extent.Length,
    };

    private Wire.ParentEntry Begin(Wire.ParentEntry part)
    {
        _message.Entries.Add(part);
        _bytes += part.CalculateSize() + sizeof(int);
        return part;
    }

    private async ValueTask<Wire.ParentEntry> RoomAsync(Wire.ParentEntry part, CancellationToken cancellationToken)
    {
        if (!IsFull)
        {
            return part;
        }

        await FlushAsync(cancellationToken);
        return Begin(new Wire.ParentEntry());
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_message.Entries.Count > 0)
        {
            await _responses.WriteAsync(_message, cancellationToken);
            (_message, _bytes) = (new Wire.ParentMessage(), 0);
        }
    }
}
