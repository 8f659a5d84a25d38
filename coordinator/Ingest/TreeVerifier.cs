using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Ingest;

/// <summary>
/// Reads a tree back from the repository before a manifest is written for it (promise P1), believing nothing the
/// agent said: every block decodes, every chunk may be referenced and is long enough for what the file wants of it,
/// every hard link has its file, and the counts are what is there.
/// </summary>
internal sealed class TreeVerifier
{
    private readonly OwnedChunks _chunks;
    private readonly Func<ChunkId, CancellationToken, ValueTask<int?>> _lengthOf;
    private readonly UploadLimits _limits;
    private readonly FileContentReader _contents;
    private readonly List<ItemOutcome> _items = [];
    private long _entries;
    private long _files;
    private long _fileBytes;
    private long _failed;
    private long _changed;
    private long _extents;

    /// <param name="chunks">What may be read and referenced.</param>
    /// <param name="lengthOf">Plaintext length of a chunk in the repository, null when it is not there.</param>
    /// <param name="limits">The bounds.</param>
    public TreeVerifier(OwnedChunks chunks, Func<ChunkId, CancellationToken, ValueTask<int?>> lengthOf, UploadLimits limits)
    {
        _chunks = chunks;
        _lengthOf = lengthOf;
        _limits = limits;
        _contents = new FileContentReader(chunks);
    }

    /// <summary>Reads the whole tree. For one use.</summary>
    /// <exception cref="NotOwnedException">A chunk is referenced that may not be.</exception>
    /// <exception cref="CorruptTreeException">The tree is malformed.</exception>
    /// <exception cref="InvalidDataException">The tree is well-formed and cannot be restored.</exception>
    public async Task<VerifiedTree> VerifyAsync(ChunkId root, CancellationToken cancellationToken)
    {
        TreeReader tree = new(_chunks, root);
        await foreach (TreeEntry entry in tree.WalkAsync(cancellationToken))
        {
            Require(++_entries <= _limits.EntriesMax, entry, "the tree has more entries than are allowed");
            Count(entry);
            await VerifyContentAsync(entry, cancellationToken);
            if (entry.Kind == EntryKind.HardLink)
            {
                await VerifyLinkAsync(tree, entry, cancellationToken);
            }
        }

        return new VerifiedTree
        {
            Counts = new SnapshotCounts { Entries = _entries, Files = _files, FileBytes = _fileBytes, Failed = _failed, Changed = _changed },
            Items = _items,
        };
    }

    private static void Require(bool condition, TreeEntry entry, string problem)
    {
        if (!condition)
        {
            throw new InvalidDataException($"'{TreePath.Display(entry.Path)}': {problem}.");
        }
    }

    private void Count(TreeEntry entry)
    {
        if (entry.Kind == EntryKind.File)
        {
            _files++;
            _fileBytes = checked(_fileBytes + entry.Size);
        }

        _failed += entry.State is EntryState.Vanished or EntryState.Unreadable ? 1 : 0;
        _changed += entry.State == EntryState.ChangedWhileRead ? 1 : 0;
        if (entry.State is not (EntryState.Captured or EntryState.RecordedOnly) && _items.Count < ItemOutcome.ListedMax)
        {
            string reason = entry.Reason.Length <= ItemOutcome.ReasonLengthMax ? entry.Reason : entry.Reason[..ItemOutcome.ReasonLengthMax];
            _items.Add(new ItemOutcome(TreePath.Display(entry.Path), entry.State, reason));
        }
    }

    private async Task VerifyContentAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        bool hasContent = entry.Content.Inline.Count + entry.Content.ListChunks.Count > 0;
        Require(!hasContent || entry.Kind == EntryKind.File, entry, "only a file has content");
        foreach (ChunkId digests in entry.Content.PageDigestChunks)
        {
            _chunks.Require(digests);
            Require(await _lengthOf(digests, cancellationToken) is not null, entry, "page digests are missing");
        }

        await foreach (Extent extent in _contents.ExtentsAsync(entry.Content, entry.Size, cancellationToken))
        {
            Require(++_extents <= _limits.ExtentsMax, entry, "the tree has more extents than are allowed");
            _chunks.Require(extent.Chunk);
            long needed = (long)extent.ChunkOffset + extent.Length;
            Require(await _lengthOf(extent.Chunk, cancellationToken) >= needed, entry, "an extent passes the end of its chunk");
        }
    }

    private static async Task VerifyLinkAsync(TreeReader tree, TreeEntry entry, CancellationToken cancellationToken)
    {
        bool earlier = TreePath.IsValid(entry.LinkTarget) && TreePath.Compare(entry.LinkTarget, entry.Path) < 0;
        Require(earlier, entry, "a hard link names no earlier entry");
        TreeEntry? first = await tree.FindAsync(entry.LinkTarget, cancellationToken);
        Require(first is { Kind: not (EntryKind.Directory or EntryKind.HardLink) }, entry, "a hard link names no file");
    }
}
