using Google.Protobuf;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Restoring;
using K8sBackup.Transport.Channels;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.Payloads;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>Collects items of a restore stream to messages of about <see cref="MessageLimits.RestoreBatchBytes"/>, and counts them.</summary>
internal sealed class RestoreBatch
{
    private readonly RecentChunks<bool>? _parts;
    private Wire.RestoreMessage _message = new();
    private int _bytes;
    private long _entries;
    private long _dataBytes;

    /// <param name="partsOnce">
    /// True when the receiver keeps the chunks of which parts came last: each piece of a database file that changed here and there would
    /// otherwise bring the whole chunk along.
    /// </param>
    public RestoreBatch(bool partsOnce) => _parts = partsOnce ? new RecentChunks<bool>() : null;

    public bool IsEmpty => _message.Items.Count == 0;

    public bool IsFull => _bytes >= MessageLimits.RestoreBatchBytes;

    /// <summary>Adds an item; the memory of its chunk must stay as it is until the message is sent.</summary>
    public void Add(ContentItem item)
    {
        switch (item.Kind)
        {
            case ContentItemKind.Entry:
                AddEntry(item.Entry!);
                break;
            case ContentItemKind.Data:
                AddData(item.Extent, item.Chunk);
                break;
            case ContentItemKind.Loss:
                AddLoss(item.Loss!);
                break;
            default:
                Add(new Wire.RestoreItem { End = new Wire.EntryEnd() });
                break;
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

    private void AddEntry(TreeEntry entry)
    {
        _entries++;
        Add(new Wire.RestoreItem { Entry = EntryMapping.ToWire(entry) });
    }

    private void AddData(Extent extent, PlannedChunk chunk)
    {
        _dataBytes += extent.Length;
        bool isSent = extent.Length < chunk.Length && WasSent(extent.Chunk);
        Add(new Wire.RestoreItem
        {
            Data = new Wire.Data
            {
                FileOffset = extent.FileOffset,
                Compression = chunk.IsCompressed && !isSent ? Wire.Compression.Zstd : Wire.Compression.None,
                ChunkLength = chunk.Length,
                Skip = extent.ChunkOffset,
                Take = extent.Length,
                ChunkId = UnsafeByteOperations.UnsafeWrap(extent.Chunk.ToArray()),
                Payload = isSent ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(chunk.Content),
            },
        });
    }

    private bool WasSent(ChunkId chunk)
    {
        if (_parts is null || _parts.TryUse(chunk, out _))
        {
            return _parts is not null;
        }

        _parts.TryMakeRoom(out _);
        _parts.Add(chunk, true);
        return false;
    }

    private void AddLoss(ContentLoss loss) => Add(new Wire.RestoreItem
    {
        Loss = new Wire.Loss
        {
            Reason = loss.Text.Length <= ItemOutcome.ReasonLengthMax ? loss.Text : loss.Text[..ItemOutcome.ReasonLengthMax],
            IsTree = loss.Tree is not null,
            FirstPath = loss.Tree is { } tree ? UnsafeByteOperations.UnsafeWrap(tree.FirstPath) : ByteString.Empty,
            Entries = loss.Tree?.Entries ?? 0,
        },
    });

    private void Add(Wire.RestoreItem item)
    {
        _message.Items.Add(item);
        _bytes += item.CalculateSize() + ChunkId.Bytes;
    }
}
