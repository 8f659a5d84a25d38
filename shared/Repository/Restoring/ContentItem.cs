using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Restoring;

/// <summary>One item of a snapshot's contents.</summary>
public readonly record struct ContentItem
{
    public ContentItemKind Kind { get; private init; }

    /// <summary>The entry that begins or ends, or that data and losses of content belong to; null for a loss between entries.</summary>
    public TreeEntry? Entry { get; private init; }

    /// <summary>Where the data belongs, and which part of the chunk it is.</summary>
    public Extent Extent { get; private init; }

    /// <summary>The extent's whole chunk. Its memory is valid until the item after the next <see cref="ContentItemKind.Pause"/>.</summary>
    public PlannedChunk Chunk { get; private init; }

    /// <summary>What is lost.</summary>
    public ContentLoss? Loss { get; private init; }

    /// <summary>The data's bytes, as long as the chunk's memory is valid; not of chunks as they are stored.</summary>
    public ReadOnlyMemory<byte> Bytes => Chunk.Plaintext.Slice(Extent.ChunkOffset, Extent.Length);

    internal static ContentItem OfEntry(TreeEntry entry) => new() { Kind = ContentItemKind.Entry, Entry = entry };

    internal static ContentItem OfEnd(TreeEntry entry) => new() { Kind = ContentItemKind.End, Entry = entry };

    internal static ContentItem OfPause() => new() { Kind = ContentItemKind.Pause };

    internal static ContentItem OfData(TreeEntry entry, Extent extent, PlannedChunk chunk) =>
        new() { Kind = ContentItemKind.Data, Entry = entry, Extent = extent, Chunk = chunk };

    internal static ContentItem OfLoss(TreeEntry? entry, ContentLoss loss) =>
        new() { Kind = ContentItemKind.Loss, Entry = entry, Loss = loss };
}
