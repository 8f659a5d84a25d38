namespace K8sBackup.Model.Trees;

/// <summary>Decides from metadata whether a file's content can be taken from an earlier snapshot.</summary>
public static class TreeEntryComparer
{
    /// <summary>
    /// True when both are files with the same inode, size, mtime and ctime, the earlier one was captured whole, and
    /// it had been left alone before <paramref name="settledBefore"/>: a file written in the clock tick in which it
    /// was captured can change again without any of these changing.
    /// </summary>
    /// <param name="parent">The entry of the earlier snapshot.</param>
    /// <param name="current">The entry as it is now.</param>
    /// <param name="settledBefore">Start of the earlier snapshot less two seconds.</param>
    public static bool SameContentIdentity(TreeEntry parent, TreeEntry current, UnixTime settledBefore)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(current);
        return parent.Kind == EntryKind.File
            && current.Kind == EntryKind.File
            && parent.State == EntryState.Captured
            && parent.Inode == current.Inode
            && parent.Size == current.Size
            && parent.ModifiedAt == current.ModifiedAt
            && parent.ChangedAt == current.ChangedAt
            && parent.ModifiedAt < settledBefore
            && parent.ChangedAt < settledBefore;
    }
}
