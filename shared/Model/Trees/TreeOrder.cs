namespace K8sBackup.Model.Trees;

/// <summary>
/// Holds the rules that bind entries of a tree to each other: the root directory comes first, paths ascend, and the
/// parent of every entry is a directory that came before. Memory: the current path.
/// </summary>
internal sealed class TreeOrder
{
    private readonly Stack<int> _directories = new();
    private byte[]? _last;

    /// <summary>Why the entry may not come next, or null when it may.</summary>
    public string? Accept(TreeEntry entry)
    {
        if (_last is null)
        {
            if (entry.Path.Length != 0 || entry.Kind != EntryKind.Directory)
            {
                return "the first entry is not the root directory";
            }
        }
        else if (TreePath.Compare(_last, entry.Path) >= 0)
        {
            return "entries are not in order";
        }
        else if (!LeaveDirectories(entry.Path))
        {
            return "an entry lies in no directory of the tree";
        }

        if (entry.Kind == EntryKind.Directory)
        {
            _directories.Push(entry.Path.Length);
        }

        _last = entry.Path;
        return null;
    }

    // The open directories are prefixes of the last path, so their lengths are enough.
    private bool LeaveDirectories(byte[] path)
    {
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        int parentLength = Math.Max(slash, 0);
        int common = path.AsSpan().CommonPrefixLength(_last);
        while (_directories.Count > 0 && _directories.Peek() > parentLength)
        {
            _directories.Pop();
        }

        return _directories.Count > 0 && _directories.Peek() == parentLength && common >= parentLength;
    }
}
