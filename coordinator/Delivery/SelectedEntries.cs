using System.Runtime.CompilerServices;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Coordinator.Delivery;

/// <summary>
/// The entries of a selection in tree order: the selected subtrees and the directories that lead to them, so that
/// owners and modes of the way are known too. A hard link whose first name lies outside becomes a file with the
/// content; further links to the same file then lead to it.
/// </summary>
internal sealed class SelectedEntries
{
    // Beyond that, further names of outside files become files of their own: more bytes, the same content. 20 MiB at most.
    private const int OutsideFilesMax = 100_000;

    private readonly TreeReader _tree;
    private readonly PathSelection _selection;
    private readonly Dictionary<string, byte[]> _firstNames = new(StringComparer.Ordinal);

    public SelectedEntries(TreeReader tree, PathSelection selection)
    {
        _tree = tree;
        _selection = selection;
    }

    /// <exception cref="BackupException">NotFound: the tree has no such path; the message names it.</exception>
    public static async Task RequireAllAsync(TreeReader tree, PathSelection selection, CancellationToken cancellationToken)
    {
        foreach (byte[] path in selection.Paths)
        {
            if (await tree.FindAsync(path, cancellationToken) is null)
            {
                throw new BackupException(FailureCause.NotFound, $"The snapshot has no '{TreePath.Display(path)}'.");
            }
        }
    }

    /// <exception cref="BackupException">NotFound: the snapshot has no such path; found out before the first entry.</exception>
    public async IAsyncEnumerable<TreeEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_selection.IsEverything)
        {
            await foreach (TreeEntry entry in _tree.WalkAsync(cancellationToken))
            {
                yield return entry;
            }

            yield break;
        }

        await RequireAllAsync(_tree, _selection, cancellationToken);
        byte[]? former = null;
        foreach (byte[] path in _selection.Paths)
        {
            foreach (byte[] ancestor in AncestorsOf(path))
            {
                // The former path came by its ancestors, and these are the ones they share.
                if (former is null || !TreePath.IsAtOrBelow(former, ancestor))
                {
                    yield return (await _tree.FindAsync(ancestor, cancellationToken))!;
                }
            }

            former = path;
            await foreach (TreeEntry entry in _tree.WalkAsync(path, cancellationToken))
            {
                yield return entry.Kind == EntryKind.HardLink ? await ResolveAsync(entry, cancellationToken) : entry;
            }
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
}
