using System.Runtime.InteropServices;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Gives an object its owner, mode, attributes and time, in this order: a change of owner clears set-id bits and file
/// capabilities, and attributes change the change time. All through a handle, never by name: what is open by its
/// descriptor, and what is only looked at, which calls on descriptors refuse, by the path that stands for that. What
/// the file system refuses becomes a note.
/// </summary>
internal sealed class MetadataWriter
{
    private const int SetIdBits = 0xc00;
    private const int SetGroupIdBit = 0x400;

    private static readonly byte[] _itself = CName.Of([]);
    private static readonly byte[] _accessAcl = CName.Of("system.posix_acl_access"u8);
    private static readonly byte[] _defaultAcl = CName.Of("system.posix_acl_default"u8);

    private readonly bool _keepPrivileges;

    public MetadataWriter(bool keepPrivileges)
    {
        _keepPrivileges = keepPrivileges;
    }

    /// <summary>Applies the entry's metadata to the object; gives the notes.</summary>
    public IReadOnlyList<string> Apply(SafeFileHandle file, TreeEntry entry)
    {
        List<string> notes = [];
        bool hasOwner = LibcRestore.ChangeOwnerAt(
            file, _itself, entry.Uid, entry.Gid, LibcRestore.AtEmptyPath | LibcRestore.AtSymlinkNoFollow) == 0;
        Note(notes, hasOwner, "owner");
        bool isOpen = entry.Kind is EntryKind.File or EntryKind.Directory;
        if (isOpen)
        {
            // Before the mode: an ACL inherited from the directory would change what the group bits mean.
            RemoveInheritedAcls(file, entry);
            int mode = Mode(entry, hasOwner, notes);
            Note(notes, LibcRestore.ChangeMode(file, (uint)mode) == 0, "mode");
            NoteLostGroupBit(file, mode, notes);
        }
        else if (entry.Kind != EntryKind.Symlink)
        {
            byte[] path = CName.Of(TargetCalls.DescriptorPath(file));
            _ = LibcRestore.RemoveAttribute(path, _accessAcl);
            Note(notes, LibcRestore.ChangeMode(path, (uint)Mode(entry, hasOwner, notes)) == 0, "mode");
        }

        ApplyAttributes(file, entry, notes);
        ReadOnlySpan<TimeSpec> times =
        [
            new TimeSpec { Nanoseconds = TimeSpec.Omit },
            new TimeSpec { Seconds = entry.ModifiedAt.Seconds, Nanoseconds = entry.ModifiedAt.Nanoseconds },
        ];
        Note(notes, (isOpen ? LibcRestore.SetTimes(file, times) : SetTimes(file, entry, times)) == 0, "modification time");
        return notes;
    }

    // Kernels before 5.8 know no empty path here, so it is kept for links, which a path would be followed through.
    private static int SetTimes(SafeFileHandle file, TreeEntry entry, ReadOnlySpan<TimeSpec> times)
    {
        bool isLink = entry.Kind == EntryKind.Symlink;
        byte[] name = isLink ? _itself : CName.Of(TargetCalls.DescriptorPath(file));
        return LibcRestore.SetTimesAt(file, name, times, isLink ? LibcRestore.AtEmptyPath : 0);
    }

    // Set-id bits with the wrong owner would hand somebody else's rights out, so they need both.
    private int Mode(TreeEntry entry, bool hasOwner, List<string> notes)
    {
        if (entry.Kind == EntryKind.Directory || (entry.Mode & SetIdBits) == 0 || (_keepPrivileges && hasOwner))
        {
            return entry.Mode;
        }

        notes.Add("set-id bits left out");
        return entry.Mode & ~SetIdBits;
    }

    // Where we are not of the group and lack CAP_FSETID the kernel sets the mode without the bit, and calls that success.
    private static void NoteLostGroupBit(SafeFileHandle file, int mode, List<string> notes)
    {
        if ((mode & SetGroupIdBit) != 0 && (Metadata.Status(file).Permissions & SetGroupIdBit) == 0)
        {
            notes.Add("set-group-id bit not set");
        }
    }

    private static void RemoveInheritedAcls(SafeFileHandle file, TreeEntry entry)
    {
        // Most often there is none, or the file system knows no ACLs: both are what is wanted.
        _ = LibcRestore.RemoveAttribute(file, _accessAcl);
        if (entry.Kind == EntryKind.Directory)
        {
            _ = LibcRestore.RemoveAttribute(file, _defaultAcl);
        }
    }

    private void ApplyAttributes(SafeFileHandle file, TreeEntry entry, List<string> notes)
    {
        if (entry.Attributes.Count == 0)
        {
            return;
        }

        byte[] path = CName.Of(TargetCalls.DescriptorPath(file));
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            string name = TreePath.Display(attribute.Name);
            if (!_keepPrivileges && !IsHarmless(attribute.Name))
            {
                notes.Add($"attribute {name} left out");
                continue;
            }

            bool set = LibcRestore.SetAttribute(path, CName.Of(attribute.Name), attribute.Value, attribute.Value.Length, 0) == 0;
            Note(notes, set, $"attribute {name}");
        }
    }

    private static bool IsHarmless(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) || name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8);

    private static void Note(List<string> notes, bool done, string what)
    {
        if (!done)
        {
            notes.Add($"{what} not set: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }
}
