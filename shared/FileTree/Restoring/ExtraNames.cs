using K8sBackup.FileTree.Walking;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Tells what is in a directory of the target and not in the tree: both are in the same order, so each name is met once. What comes
/// into the directory later is nobody's to delete.
/// </summary>
internal sealed class ExtraNames(DirectoryNames names)
{
    private int _next;

    /// <summary>The names before one of the tree, which is passed over.</summary>
    public IEnumerable<byte[]> Before(byte[] name)
    {
        while (_next < names.Count && names[_next].SequenceCompareTo(name) is int order && order <= 0)
        {
            int at = _next++;
            if (order < 0)
            {
                yield return names[at].ToArray();
            }
        }
    }

    /// <summary>The names behind the last one of the tree.</summary>
    public IEnumerable<byte[]> Rest()
    {
        while (_next < names.Count)
        {
            yield return names[_next++].ToArray();
        }
    }
}
