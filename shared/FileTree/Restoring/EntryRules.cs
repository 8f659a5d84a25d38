using K8sBackup.Model.Trees;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Refuses entries that no honest tree holds, before anything is done for them.</summary>
internal static class EntryRules
{
    private const int ModeMax = 0xfff;
    private const int NanosecondsMax = 999_999_999;
    private const int AttributeNameBytesMax = 255;

    /// <summary>What is wrong with an entry that follows <paramref name="last"/>; null when nothing is.</summary>
    public static string? Fault(TreeEntry entry, byte[]? last)
    {
        if (!TreePath.IsValid(entry.Path))
        {
            return "its path is not one a tree may hold";
        }

        if (last is not null && TreePath.Compare(last, entry.Path) >= 0)
        {
            return "it is out of order or comes twice";
        }

        bool isRoot = entry.Path.Length == 0;
        if (isRoot && entry.Kind != EntryKind.Directory)
        {
            return "the root is no directory";
        }

        return ValueFault(entry) ?? LinkFault(entry) ?? AttributeFault(entry.Attributes);
    }

    /// <summary>Refuses what the snapshot does not hold.</summary>
    /// <exception cref="RestoreRefusedException">It was not captured, or left out by a rule.</exception>
    public static void RequireCaptured(TreeEntry entry)
    {
        if (entry is { Kind: EntryKind.Unknown, State: EntryState.RecordedOnly })
        {
            throw new RestoreRefusedException(RestoreOutcome.Skipped, RestoreCause.NotInSnapshot, entry.Reason);
        }

        if (entry.Kind == EntryKind.Unknown || entry.State is EntryState.Vanished or EntryState.Unreadable)
        {
            string reason = entry.Reason.Length > 0 ? $"it was not captured: {entry.Reason}" : "it was not captured";
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.NotInSnapshot, reason);
        }
    }

    private static string? ValueFault(TreeEntry entry)
    {
        bool possible = entry.Mode is >= 0 and <= ModeMax
            && entry.Size >= 0
            && (entry.Size == 0 || entry.Kind == EntryKind.File)
            && entry.ModifiedAt.Nanoseconds is >= 0 and <= NanosecondsMax;
        return possible ? null : "its mode, size or time is impossible";
    }

    private static string? LinkFault(TreeEntry entry)
    {
        byte[] target = entry.LinkTarget;
        bool possible = entry.Kind switch
        {
            EntryKind.HardLink => target.Length > 0 && TreePath.IsValid(target) && TreePath.Compare(target, entry.Path) < 0,
            EntryKind.Symlink => !target.AsSpan().Contains((byte)0),
            _ => true,
        };
        return possible ? null : "its link target is impossible";
    }

    private static string? AttributeFault(IReadOnlyList<ExtendedAttribute> attributes)
    {
        foreach (ExtendedAttribute attribute in attributes)
        {
            if (attribute.Name.Length is 0 or > AttributeNameBytesMax || attribute.Name.AsSpan().Contains((byte)0))
            {
                return "it has an attribute with an impossible name";
            }
        }

        return null;
    }
}
