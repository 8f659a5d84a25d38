using K8sBackup.Model.Trees;
using K8sBackup.Repository.Reading;

namespace K8sBackup.Repository.Restoring;

/// <summary>Turns the pieces of windows into items: knows which entry is open, and whether more of its content is of use.</summary>
internal sealed class ContentCursor
{
    private TreeEntry? _open;
    private bool _isLost;

    /// <summary>The end of the open entry, when the piece does not belong to it.</summary>
    public ContentItem? EndBefore(WindowPiece piece) => piece.Entry is not null || piece.Loss?.Tree is not null ? End() : null;

    /// <summary>The end of the open entry, if there is one.</summary>
    public ContentItem? End()
    {
        ContentItem? end = _open is null ? null : ContentItem.OfEnd(_open);
        _open = null;
        return end;
    }

    /// <summary>The item for a piece; null for content that follows a loss in the same entry.</summary>
    public ContentItem? Take(WindowPiece piece, ReadWindow window)
    {
        if (piece.Entry is { } entry)
        {
            (_open, _isLost) = (entry, false);
            return ContentItem.OfEntry(entry);
        }

        if (piece.Loss is { } loss)
        {
            return loss.Tree is not null ? ContentItem.OfLoss(null, loss) : Lose(loss);
        }

        return _isLost ? null : Data(piece.Extent, window.ChunkOf(piece));
    }

    private ContentItem? Data(Extent extent, PlannedChunk chunk)
    {
        if (chunk.Damage is not null)
        {
            return Lose(new ContentLoss(chunk.Damage, null));
        }

        if ((long)extent.ChunkOffset + extent.Length > chunk.Length)
        {
            return Lose(new ContentLoss(
                new CorruptTreeException(extent.Chunk, $"more is wanted of the chunk than its {chunk.Length} bytes"), null));
        }

        return ContentItem.OfData(_open!, extent, chunk);
    }

    private ContentItem? Lose(ContentLoss loss)
    {
        ContentItem? item = _isLost ? null : ContentItem.OfLoss(_open, loss);
        _isLost = true;
        return item;
    }
}
