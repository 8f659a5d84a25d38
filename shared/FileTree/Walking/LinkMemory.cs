using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Walking;

/// <summary>Remembers the first names of files with several, about 150 bytes each, up to a number of them.</summary>
internal sealed class LinkMemory(int filesMax)
{
    private readonly Dictionary<(ulong FileSystem, ulong Inode), byte[]> _first = [];

    /// <summary>The entry as it is, or as a further name of an earlier one.</summary>
    public TreeEntry Recognise(TreeEntry entry, in FileStatus status)
    {
        if (status.Links < 2)
        {
            return entry;
        }

        (ulong, ulong) key = (status.FileSystem, status.Inode);
        if (_first.TryGetValue(key, out byte[]? first))
        {
            return first.AsSpan().SequenceEqual(entry.Path) ? entry : entry with { Kind = EntryKind.HardLink, LinkTarget = first, Size = 0 };
        }

        if (_first.Count < filesMax)
        {
            _first.Add(key, entry.Path);
        }

        return entry;
    }

    /// <summary>Forgets a first name that turned out to hold nothing, or something else: the next name then counts as the first.</summary>
    public void Forget(byte[] path, in FileStatus status)
    {
        (ulong, ulong) key = (status.FileSystem, status.Inode);
        if (_first.TryGetValue(key, out byte[]? first) && first.AsSpan().SequenceEqual(path))
        {
            _first.Remove(key);
        }
    }
}
