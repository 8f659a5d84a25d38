using Google.Protobuf;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Collects items of a restore stream to messages of about <see cref="MessageLimits.RestoreBatchBytes"/>, and counts them.</summary>
internal sealed class RestoreBatch
{
    private Wire.RestoreMessage _message = new();
    private int _bytes;
    private long _entries;
    private long _dataBytes;

    public bool IsFull => _bytes >= MessageLimits.RestoreBatchBytes;

    public void AddEntry(TreeEntry entry)
    {
        _entries++;
        Add(new Wire.RestoreItem { Entry = EntryMapping.ToWire(entry) });
    }

    /// <summary>Adds a piece of a file; the chunk's memory must stay as it is until the message is sent.</summary>
    public void AddData(Extent extent, ReadOnlyMemory<byte> chunk)
    {
        _dataBytes += extent.Length;
        Add(new Wire.RestoreItem
        {
            Data = new Wire.Data
            {
                FileOffset = extent.FileOffset,
                Compression = Wire.Compression.None,
                ChunkLength = chunk.Length,
                Skip = extent.ChunkOffset,
                Take = extent.Length,
                ChunkId = UnsafeByteOperations.UnsafeWrap(extent.Chunk.ToArray()),
                Payload = UnsafeByteOperations.UnsafeWrap(chunk),
            },
        });
    }

    /// <summary>Ends an entry, if there is one.</summary>
    public void AddEnd(TreeEntry? entry)
    {
        if (entry is not null)
        {
            Add(new Wire.RestoreItem { End = new Wire.EntryEnd() });
        }
    }

    public void AddDone() => Add(new Wire.RestoreItem { Done = new Wire.Done { Entries = _entries, Bytes = _dataBytes } });

    /// <summary>The message so far; the next one begins empty.</summary>
    public Wire.RestoreMessage Take()
    {
        Wire.RestoreMessage taken = _message;
        (_message, _bytes) = (new Wire.RestoreMessage(), 0);
        return taken;
    }

    private void Add(Wire.RestoreItem item)
    {
        _message.Items.Add(item);
        _bytes += item.CalculateSize() + ChunkId.Bytes;
    }
}
