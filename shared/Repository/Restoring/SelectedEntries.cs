using System.Runtime.CompilerServices;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Repository.Restoring;

/// <summary>
/// The entries of a selection in tree order: the selected subtrees and the directories that lead to them, so that
/// owners and modes of the way are known too. A hard link whose first name lies outside becomes a file with the
/// content; further links to the same file then lead to it. Blocks of the tree that cannot be read are passed over and
/// told as losses; a directory that was in one comes with the mode 0700, so that what it contains has a place.
/// </summary>
internal sealed class SelectedEntries
{
    // Beyond that, further names of outside files become files of their own: more bytes, the same content. 20 MiB at most.
    private const int OutsideFilesMax = 100_000;

    // For what nobody knows the owner's wish of: open to the owner alone.
    private const int LostDirectoryMode = 0x1c0;

    private readonly TreeReader _tree;
    private readonly PathSelection _selection;
    private readonly Dictionary<string, byte[]> _firstNames = new(StringComparer.Ordinal);
    private readonly Queue<ContentLoss> _losses = [];
    private readonly Stack<byte[]> _directories = new();
    private readonly HashSet<ChunkId> _lost = [];

    public SelectedEntries(IChunkSource chunks, ChunkId root, PathSelection selection)
    {
        _tree = new TreeReader(chunks, root, PassOver);
        _selection = selection;
    }

    /// <summary>Entries and losses in order; one of the two is set.</summary>
    /// <exception cref="BackupException">NotFound: the snapshot has no such path; found out before the first entry.</exception>
    public async IAsyncEnumerable<(TreeEntry? Entry, ContentLoss? Loss)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TreeEntry entry in WantedAsync(cancellationToken))
        {
            while (_losses.TryDequeue(out ContentLoss? loss))
            {
                yield return (null, loss);
            }

            foreach (TreeEntry directory in MissingDirectories(entry.Path))
            {
                yield return (directory, null);
            }

            if (entry.Kind == EntryKind.Directory)
            {
                _directories.Push(entry.Path);
            }

            yield return (entry, null);
        }

        while (_losses.TryDequeue(out ContentLoss? loss))
        {
            yield return (null, loss);
        }
    }

    private async IAsyncEnumerable<TreeEntry> WantedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_selection.IsEverything)
        {
            await foreach (TreeEntry entry in _tree.WalkAsync([], cancellationToken))
            {
                yield return entry;
            }

            yield break;
        }

        await RequireAllAsync(cancellationToken);
        byte[]? former = null;
        foreach (byte[] path in _selection.Paths)
        {
            foreach (byte[] ancestor in AncestorsOf(path))
            {
                // The former path came by its ancestors, and these are the ones they share.
                if ((former is null || !TreePath.IsAtOrBelow(former, ancestor))
                    && await _tree.FindAsync(ancestor, cancellationToken) is { } directory)
                {
                    yield return directory;
                }
            }

            former = path;
            await foreach (TreeEntry entry in _tree.WalkAsync(path, cancellationToken))
            {
                yield return entry.Kind == EntryKind.HardLink ? await ResolveAsync(entry, cancellationToken) : entry;
            }
        }
    }

    private async Task RequireAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SelectionCheck.RequireAllAsync(_tree, _selection, cancellationToken);
        }
        catch (BackupException e) when (_losses.TryPeek(out ContentLoss? loss))
        {
            throw new BackupException(FailureCause.StoreCorrupt, $"{e.Failure.Message} Part of its tree is lost, though: {loss.Cause.Message}", e);
        }
    }

    private static IEnumerable<byte[]> AncestorsOf(byte[] path)
    {
        yield return [];
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] == (byte)'/')
            {
                yield return path[..i];
            }
        }
    }

    private async Task<TreeEntry> ResolveAsync(TreeEntry link, CancellationToken cancellationToken)
    {
        if (_selection.Contains(link.LinkTarget))
        {
            return link;
        }

        string first = Convert.ToBase64String(link.LinkTarget);
        if (_firstNames.TryGetValue(first, out byte[]? inside))
        {
            return link with { LinkTarget = inside };
        }

        TreeEntry file = await _tree.FindAsync(link.LinkTarget, cancellationToken)
            ?? throw new BackupException(FailureCause.StoreCorrupt, $"'{TreePath.Display(link.Path)}' is a name of a file the snapshot does not have.");
        if (_firstNames.Count < OutsideFilesMax)
        {
            _firstNames.Add(first, link.Path);
        }

        return file with { Path = link.Path };
    }

    private bool PassOver(TreeLoss loss)
    {
        // Without its root nothing of a tree can be reached, and an empty restore must not look like a partial one.
        if (!ContentLoss.IsDamage(loss.Cause) || loss.IsRoot)
        {
            return false;
        }

        // Looking up several paths meets the same block again.
        if (_lost.Add(loss.Block))
        {
            _losses.Enqueue(new ContentLoss(loss.Cause, loss));
        }

        return true;
    }

    // Only behind a loss can a directory be missing; without one the tree itself is wrong, and the restorer refuses the entry.
    private IEnumerable<TreeEntry> MissingDirectories(byte[] path)
    {
        while (_directories.TryPeek(out byte[]? top) && (top.Length >= path.Length || !TreePath.IsAtOrBelow(path, top)))
        {
            _directories.Pop();
        }

        if (_lost.Count == 0 || path.Length == 0)
        {
            yield break;
        }

        int known = _directories.TryPeek(out byte[]? parent) ? parent.Length : -1;
        foreach (byte[] ancestor in AncestorsOf(path).Where(a => a.Length > known).ToArray())
        {
            _directories.Push(ancestor);
            yield return new TreeEntry { Path = ancestor, Kind = EntryKind.Directory, Mode = LostDirectoryMode };
        }
    }
}
