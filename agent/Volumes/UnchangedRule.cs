using K8sBackup.Agent.Upload;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Tells files that need not be read: same inode, size, modification and change time as in the parent. A file whose
/// times were so fresh when it was captured that a later write could have left the same ones is stored without its inode
/// number, and so never counts as unchanged; no clock of another machine plays a part.
/// </summary>
internal static class UnchangedRule
{
    /// <summary>Coarsest time stamps of a file system in use (FAT: 2 s).</summary>
    public const int FreshSeconds = 2;

    public static bool Holds(TreeEntry entry, ParentFile? parent) =>
        parent is { Entry: { Kind: EntryKind.File, State: EntryState.Captured } before }
        && before.Inode != 0
        && before.Inode == entry.Inode
        && before.Size == entry.Size
        && before.ModifiedAt == entry.ModifiedAt
        && before.ChangedAt == entry.ChangedAt;

    /// <summary>The entry as it is stored: without inode number when its times are no older than two seconds before the scan.</summary>
    public static TreeEntry Stored(TreeEntry entry, DateTimeOffset scanStart)
    {
        long fresh = scanStart.ToUnixTimeSeconds() - FreshSeconds;
        return entry.ModifiedAt.Seconds >= fresh || entry.ChangedAt.Seconds >= fresh ? entry with { Inode = 0 } : entry;
    }
}
