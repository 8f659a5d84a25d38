namespace K8sBackup.Model.Trees;

/// <summary>
/// Writes a tree from its entries in order, as leaf blocks and as many levels of index blocks as it takes. Blocks end
/// where a path says so, so that an unchanged part of a tree gives the same blocks again. Memory: one block a level.
/// </summary>
public sealed class TreeWriter
{
    private readonly IChunkSink _sink;
    private readonly TreeOrder _order = new();
    private readonly List<TreeLevel> _levels = [new TreeLevel(0)];
    private long _entries;
    private long _fileBytes;

    public TreeWriter(IChunkSink sink) => _sink = sink;

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="ArgumentException">It is out of order, has no parent, an invalid path, or more than 1,000,000 bytes.</exception>
    public async ValueTask AddAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        string? refusal = TreePath.IsValid(entry.Path) ? _order.Accept(entry) : "the path is invalid";
        if (refusal is not null)
        {
            throw new ArgumentException($"'{TreePath.Display(entry.Path)}' cannot be added: {refusal}.", nameof(entry));
        }

        TreeLevel leaf = _levels[0];
        int bytes = leaf.Measure(entry);
        if (!IsReadable(entry, bytes))
        {
            throw new ArgumentException($"'{TreePath.Display(entry.Path)}' takes {bytes} bytes; it is too large for a tree.", nameof(entry));
        }

        if (!leaf.HasRoomFor(bytes))
        {
            await FlushAsync(0, cancellationToken).ConfigureAwait(false);
        }

        leaf.Add(entry);
        _entries++;
        _fileBytes += entry.Kind == EntryKind.File ? entry.Size : 0;
        if (leaf.EndsHere)
        {
            await FlushAsync(0, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>True when the entry is small enough to be added.</summary>
    public bool Fits(TreeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return IsReadable(entry, _levels[0].Measure(entry));
    }

    /// <summary>Writes what is left and gives the root. The writer is then used up.</summary>
    /// <exception cref="InvalidOperationException">No entry was added.</exception>
    public async ValueTask<TreeRoot> FinishAsync(CancellationToken cancellationToken)
    {
        if (_entries == 0)
        {
            throw new InvalidOperationException("A tree has at least its root directory.");
        }

        for (int level = 0; ; level++)
        {
            TreeLevel current = _levels[level];
            bool isTop = level == _levels.Count - 1;
            if (isTop && current.Blocks == 0)
            {
                TreeChild root = await current.FlushAsync(_sink, cancellationToken).ConfigureAwait(false);
                return new TreeRoot(root.Block, _entries, _fileBytes);
            }

            if (!current.IsEmpty)
            {
                await FlushAsync(level, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask FlushAsync(int level, CancellationToken cancellationToken)
    {
        TreeChild child = await _levels[level].FlushAsync(_sink, cancellationToken).ConfigureAwait(false);
        if (level + 1 == _levels.Count)
        {
            _levels.Add(new TreeLevel(level + 1));
        }

        TreeLevel above = _levels[level + 1];
        above.Add(child);
        if (above.EndsHere)
        {
            await FlushAsync(level + 1, cancellationToken).ConfigureAwait(false);
        }
    }

    // What a reader refuses must not be written: every limit of the decoder is held here.
    private static bool IsReadable(TreeEntry entry, int bytes) =>
        bytes <= TreeFormat.EntryBytesMax
        && entry.Attributes.Count <= TreeFormat.AttributesMax
        && entry.LinkTarget.Length <= TreePath.BytesMax
        && entry.Content.ListChunks.Count <= TreeFormat.ListChunksMax
        && entry.Content.PageDigestChunks.Count <= TreeFormat.ListChunksMax;
}
