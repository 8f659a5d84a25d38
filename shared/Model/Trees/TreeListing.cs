using System.Runtime.CompilerServices;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Model.Trees;

/// <summary>Lists a tree as people ask for it.</summary>
public static class TreeListing
{
    /// <summary>
    /// Children of a directory, or everything below it when <paramref name="recursive"/>, in tree order. A path that is no directory
    /// lists itself. Memory: one tree block a level, however large the tree is.
    /// </summary>
    /// <exception cref="BackupException">NotFound: the tree has no such path.</exception>
    public static async IAsyncEnumerable<TreeEntry> ListAsync(
        TreeReader tree, byte[] path, bool recursive, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length > 0)
        {
            TreeEntry asked = (TreePath.IsValid(path) ? await tree.FindAsync(path, cancellationToken).ConfigureAwait(false) : null)
                ?? throw new BackupException(FailureCause.NotFound, $"The snapshot has no '{TreePath.Display(path)}'.");
            if (asked.Kind != EntryKind.Directory)
            {
                yield return asked;
                yield break;
            }
        }

        IAsyncEnumerable<TreeEntry> entries = recursive ? tree.WalkAsync(path, cancellationToken) : tree.ListAsync(path, null, cancellationToken);
        await foreach (TreeEntry entry in entries.ConfigureAwait(false))
        {
            if (!entry.Path.AsSpan().SequenceEqual(path))
            {
                yield return entry;
            }
        }
    }
}
