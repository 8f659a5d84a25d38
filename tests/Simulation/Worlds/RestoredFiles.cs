using System.Text;
using K8sBackup.Chunking.Compression;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.V1;

namespace K8sBackup.Simulation.Worlds;

/// <summary>Puts a restore stream together as an agent does, checking every chunk.</summary>
internal sealed class RestoredFiles
{
    private readonly Dictionary<string, byte[]> _contents = new(StringComparer.Ordinal);
    private byte[] _current = [];

    public IReadOnlyDictionary<string, byte[]> Contents => _contents;

    /// <summary>What the coordinator says it cannot read; null when nothing.</summary>
    public string? Loss { get; private set; }

    public bool IsComplete { get; private set; }

    public void Take(RestoreMessage message)
    {
        foreach (RestoreItem item in message.Items)
        {
            switch (item.ItemCase)
            {
                case RestoreItem.ItemOneofCase.Entry:
                    _current = new byte[item.Entry.Size];
                    if (item.Entry.Kind == EntryKind.File)
                    {
                        _contents[Encoding.UTF8.GetString(item.Entry.Path.Span)] = _current;
                    }

                    break;
                case RestoreItem.ItemOneofCase.Data:
                    Take(item.Data);
                    break;
                case RestoreItem.ItemOneofCase.Loss:
                    Loss ??= item.Loss.Reason;
                    break;
                case RestoreItem.ItemOneofCase.Done:
                    IsComplete = true;
                    break;
                default:
                    break;
            }
        }
    }

    private void Take(Data data)
    {
        byte[] chunk = data.Payload.ToByteArray();
        if (data.Compression == Compression.Zstd)
        {
            chunk = new byte[data.ChunkLength];
            Zstd.Decompress(data.Payload.Span, chunk);
        }

        if (ChunkId.Of(chunk) != new ChunkId(data.ChunkId.Span))
        {
            throw new SimulationException("I5", "a restore stream holds a chunk that is not what its id says");
        }

        chunk.AsSpan(data.Skip, data.Take).CopyTo(_current.AsSpan((int)data.FileOffset));
    }
}
