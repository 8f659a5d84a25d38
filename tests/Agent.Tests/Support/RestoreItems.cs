using Google.Protobuf;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Tests.Support;

/// <summary>Puts stored entries into the form of a restore stream.</summary>
internal static class RestoreItems
{
    public static async Task<IReadOnlyList<RestoreItem>> OfAsync(TreeEntry entry, IChunkSource chunks)
    {
        List<RestoreItem> items = [new RestoreItem { Entry = EntryMapping.ToWire(entry) }];
        await foreach (Extent extent in new FileContentReader(chunks).ExtentsAsync(entry.Content, entry.Size, CancellationToken.None))
        {
            ReadOnlyMemory<byte> chunk = await chunks.ReadAsync(extent.Chunk, CancellationToken.None);
            items.Add(new RestoreItem
            {
                Data = new Data
                {
                    FileOffset = extent.FileOffset,
                    Compression = Compression.None,
                    ChunkLength = chunk.Length,
                    Skip = extent.ChunkOffset,
                    Take = extent.Length,
                    ChunkId = ByteString.CopyFrom(extent.Chunk.ToArray()),
                    Payload = ByteString.CopyFrom(chunk.Span),
                },
            });
        }

        items.Add(new RestoreItem { End = new EntryEnd() });
        return items;
    }
}
