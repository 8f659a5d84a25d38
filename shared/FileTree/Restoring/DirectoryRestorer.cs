using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Creates and opens the directories of the target. They are 0700 while the restore is in them.</summary>
internal sealed class DirectoryRestorer
{
    // Somebody else may take the name again and again; then it is in the way.
    private const int AttemptsMax = 8;

    private readonly RestoreOptions _options;
    private readonly RestoreNames _names;
    private readonly FlagRestorer _flags;
    private readonly FileStatus _root;

    public DirectoryRestorer(RestoreOptions options, RestoreNames names, FileStatus root)
    {
        _options = options;
        _names = names;
        _flags = new FlagRestorer(options.SetFlags);
        _root = root;
    }

    /// <summary>Makes sure that the directory is there, and enters it.</summary>
    /// <exception cref="RestoreRefusedException">Something else is there and stays.</exception>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public RestoreFrame Enter(SafeFileHandle parent, TreeEntry entry)
    {
        ReadOnlySpan<byte> name = RestoreFrame.NameOf(entry.Path);
        bool isNew = MakeRoom(parent, name);
        SafeFileHandle handle = Open(parent, name);
        try
        {
            if (isNew)
            {
                TargetCalls.CreateFile(handle, _names.DirectoryMark).Dispose();
                return new RestoreFrame(entry.Path, handle, entry, IsMarked: true);
            }

            bool isSkipping = _options.Conflicts == ConflictPolicy.Skip;
            FileStatus there = Metadata.Status(handle);
            string? locked = _flags.Open(handle, there, isSkipping ? entry with { Flags = FileFlags.None } : entry);
            bool isMarked = locked is null && RemoveLeftovers(handle);
            return !isMarked && isSkipping
                ? new RestoreFrame(entry.Path, handle, null, isMarked) { Lock = locked, Unflagged = _flags.LacksFlags(there, entry) ? entry : null }
                : new RestoreFrame(entry.Path, handle, entry, isMarked) { Lock = locked };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>What is said of a directory that is there and is skipped.</summary>
    public static string Kept(bool getsFlags) => $"the directory that is there keeps what it has{(getsFlags ? ", and gets the flags it lacks" : "")}";

    /// <summary>Opens a directory of the target by one name: no symbolic link, no other mount.</summary>
    public SafeFileHandle Open(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        SafeFileHandle handle = DirectoryHandles.OpenChild(parent, name);
        try
        {
            // The status of the handle, not of the name: what was opened is what is compared.
            FileStatus status = Metadata.Status(handle);
            return status.Mount == _root.Mount && status.FileSystem == _root.FileSystem
                ? handle
                : throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "another file system is mounted there");
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Removes what an interrupted run of this restore, or an earlier one, left in a directory; true when that had created the
    /// directory and not finished it. Then our mark stays in it until it is finished.
    /// </summary>
    public bool RemoveLeftovers(SafeFileHandle directory, bool takesOver = true)
    {
        bool isMarked = false;
        bool isAdopted = false;
        DirectoryNames names = DirectoryNames.Read(directory);
        for (int i = 0; i < names.Count; i++)
        {
            NameOwner owner = _names.OwnerOf(names[i]);
            isMarked |= owner == NameOwner.Ours && RestoreNames.IsMark(names[i]);
            isAdopted |= owner == NameOwner.Stale && RestoreNames.IsMark(names[i]);
        }

        if (isAdopted && !isMarked && takesOver)
        {
            TargetCalls.CreateFile(directory, _names.DirectoryMark).Dispose();
        }

        for (int i = 0; i < names.Count; i++)
        {
            NameOwner owner = _names.OwnerOf(names[i]);
            if (owner == NameOwner.Ours && !RestoreNames.IsMark(names[i]))
            {
                TargetCalls.Remove(directory, names[i]);
            }
            else if (owner == NameOwner.Stale)
            {
                RemoveStale(directory, names[i]);
            }
        }

        return isMarked || isAdopted;
    }

    // No restore makes such directories, so one is somebody else's idea and stops nothing.
    private static void RemoveStale(SafeFileHandle directory, ReadOnlySpan<byte> name)
    {
        try
        {
            TargetCalls.Remove(directory, name);
        }
        catch (LinuxException e) when (e.Error is Errno.IsDirectory or Errno.NotPermitted)
        {
            // It stays.
        }
    }

    // True when the directory was created, false when it was there.
    private bool MakeRoom(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (TargetCalls.TryCreateDirectory(parent, name))
            {
                return true;
            }

            FileStatus? there = TargetCalls.Find(parent, name);
            if (there is { Kind: EntryKind.Directory })
            {
                return false;
            }

            if (there is { } other)
            {
                Clear(parent, name, other);
            }
        }

        throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "something keeps taking its name");
    }

    private void Clear(SafeFileHandle parent, ReadOnlySpan<byte> name, in FileStatus there)
    {
        switch (_options.Conflicts)
        {
            case not ConflictPolicy.Skip when FlagRestorer.WhyLocked(there) is { } locked:
                throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, locked);
            case ConflictPolicy.Overwrite or ConflictPolicy.Mirror:
                TargetCalls.Remove(parent, name);
                break;
            case ConflictPolicy.Rename when TargetCalls.TryRename(parent, name, _names.Before(name)):
                break;
            case ConflictPolicy.Rename:
                throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "something else is there, and so is a kept object");
            default:
                throw new RestoreRefusedException(RestoreOutcome.Skipped, RestoreCause.AlreadyThere, "something that is no directory is there");
        }
    }
}
