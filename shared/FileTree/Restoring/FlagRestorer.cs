using System.Runtime.InteropServices;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Sets the flags of files and directories when that is asked for, last of all, since what is immutable takes nothing more, no name
/// either. What is locked in the target stays as it is, with one exception: what looks like the work of an earlier run is unlocked, so
/// that a restore with flags can be run again.
/// </summary>
internal sealed class FlagRestorer(bool isAsked)
{
    // One by one: a file system that lacks one refuses all that come with it.
    private static readonly FileFlags[] _steps = [FileFlags.Compressed, FileFlags.NoDump, FileFlags.Locks];

    /// <summary>Gives a finished object its flags; the notes are on those it did not get.</summary>
    public IReadOnlyList<string> Apply(SafeFileHandle file, TreeEntry entry)
    {
        if (!isAsked)
        {
            FileFlags lost = entry.Flags & FileFlags.Locks;
            return lost == FileFlags.None ? [] : [$"flags left out: {Words(lost)}"];
        }

        List<string> notes = [];
        foreach (FileFlags step in _steps)
        {
            FileFlags wanted = entry.Flags & step;
            int error = wanted == FileFlags.None ? 0 : FlagCalls.Change(file, add: wanted, remove: FileFlags.None);
            if (error != 0)
            {
                notes.Add($"flags not set: {Words(wanted)}: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }

        return notes;
    }

    /// <summary>
    /// Gives what is there the flags it lacks when it looks like the entry: a restore that was killed between its name and its flags is
    /// made up for. False when there is nothing to be given.
    /// </summary>
    /// <exception cref="RestoreRefusedException">It does not get them.</exception>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public bool Complete(SafeFileHandle directory, in FileStatus there, TreeEntry entry)
    {
        if (!LacksFlags(there, entry))
        {
            return false;
        }

        using SafeFileHandle file = DirectoryHandles.OpenFile(directory, RestoreFrame.NameOf(entry.Path));
        IReadOnlyList<string> notes = Complete(file, entry);
        return notes.Count == 0 ? true : throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.SystemError, string.Join("; ", notes));
    }

    /// <summary>The same for an open object, which may be another one by now; gives the notes.</summary>
    public IReadOnlyList<string> Complete(SafeFileHandle file, TreeEntry entry) =>
        !isAsked || LooksLike(Metadata.Status(file), entry) ? Apply(file, entry) : [];

    /// <summary>True for what looks like the entry and lacks flags that are to be set. A further name has those of its file.</summary>
    public bool LacksFlags(in FileStatus there, TreeEntry entry) =>
        isAsked && entry.Kind != EntryKind.HardLink && (entry.Flags & ~there.Flags) != FileFlags.None && LooksLike(there, entry);

    /// <summary>Why what is there can be neither replaced nor removed; null when it can.</summary>
    public static string? WhyLocked(in FileStatus there) =>
        (there.Flags & FileFlags.Locks) is not FileFlags.None and FileFlags locks ? $"what is there is {Words(locks)} (see chattr)" : null;

    /// <summary>The same, null also for what this restore may unlock.</summary>
    public string? WhyLocked(in FileStatus there, TreeEntry entry) => MayUnlock(there, entry) ? null : WhyLocked(there);

    /// <summary>Unlocks what has the entry's name, when it may be; whatever goes wrong shows when it is replaced.</summary>
    public void Unlock(SafeFileHandle directory, TreeEntry entry)
    {
        if (!isAsked || (entry.Flags & FileFlags.Locks) == FileFlags.None || entry.Kind is not (EntryKind.File or EntryKind.HardLink))
        {
            return;
        }

        try
        {
            using SafeFileHandle file = DirectoryHandles.OpenFile(directory, RestoreFrame.NameOf(entry.Path));
            _ = MayUnlock(Metadata.Status(file), entry) ? FlagCalls.Change(file, add: FileFlags.None, remove: FileFlags.Locks) : 0;
        }
        catch (LinuxException)
        {
            // Most often there is nothing.
        }
    }

    /// <summary>Why nothing can be made in a directory; null when it can, or when this restore may unlock it.</summary>
    public string? WhyClosed(in FileStatus there, TreeEntry entry) => MayUnlock(there, entry) ? null : WhyClosed(there);

    /// <summary>Unlocks an open directory when it may be; gives why nothing can be made in it, else null.</summary>
    public string? Open(SafeFileHandle directory, in FileStatus there, TreeEntry entry) =>
        MayUnlock(there, entry) && FlagCalls.Change(directory, add: FileFlags.None, remove: FileFlags.Locks) == 0 ? null : WhyClosed(there);

    /// <summary>Does something with a file that this restore has locked already, and locks it again.</summary>
    /// <exception cref="RestoreRefusedException">It is locked, and not by this restore.</exception>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public void WithUnlocked(SafeFileHandle file, in FileStatus status, Action act)
    {
        FileFlags locks = status.Flags & FileFlags.Locks;
        if (locks == FileFlags.None)
        {
            act();
            return;
        }

        if (!isAsked)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, $"the file it is a further name of is {Words(locks)} (see chattr)");
        }

        using SafeFileHandle opened = FlagCalls.Reopen(file);
        int error = FlagCalls.Change(opened, add: FileFlags.None, remove: locks);
        if (error != 0)
        {
            throw new LinuxException("ioctl", error);
        }

        try
        {
            act();
        }
        finally
        {
            _ = FlagCalls.Change(opened, add: locks, remove: FileFlags.None);
        }
    }

    private static string? WhyClosed(in FileStatus there) =>
        (there.Flags & FileFlags.Locks) is not FileFlags.None and FileFlags locks ? $"its directory is {Words(locks)} (see chattr)" : null;

    // The same kind, flags, time and size: an object nobody can have changed since it got its flags. It is written anew all the same.
    private bool MayUnlock(in FileStatus there, TreeEntry entry)
    {
        FileFlags locks = entry.Flags & FileFlags.Locks;
        return isAsked && locks != FileFlags.None && locks == (there.Flags & FileFlags.Locks) && LooksLike(there, entry);
    }

    private static bool LooksLike(in FileStatus there, TreeEntry entry)
    {
        EntryKind kind = entry.Kind == EntryKind.HardLink ? EntryKind.File : entry.Kind;
        return kind == there.Kind && entry.ModifiedAt == there.ModifiedAt && (entry.Kind != EntryKind.File || entry.Size == there.Size);
    }

    private static string Words(FileFlags flags) => string.Join(" and ", ((string?[])[
        flags.HasFlag(FileFlags.Immutable) ? "immutable" : null,
        flags.HasFlag(FileFlags.AppendOnly) ? "append-only" : null,
        flags.HasFlag(FileFlags.NoDump) ? "not dumped" : null,
        flags.HasFlag(FileFlags.Compressed) ? "compressed" : null]).Where(word => word is not null));
}
