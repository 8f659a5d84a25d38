using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>Decides about what exists, and gives a finished temporary object its name in one step.</summary>
internal sealed class Placement
{
    private const int AttemptsMax = 8;

    private readonly ConflictPolicy _conflicts;
    private readonly FlagRestorer _flags;
    private readonly RestoreNames _names;
    private readonly Mirror? _mirror;

    public Placement(RestoreOptions options, RestoreNames names, Mirror? mirror)
    {
        _mirror = mirror;
        _conflicts = options.Conflicts;
        _flags = new FlagRestorer(options.SetFlags);
        _names = names;
    }

    /// <summary>Refuses, before any data is asked for, what will not be placed.</summary>
    /// <exception cref="RestoreRefusedException">Something is there and stays.</exception>
    public void RequireRoom(FileStatus? existing, SafeFileHandle directory, TreeEntry entry)
    {
        if (existing is null)
        {
            return;
        }

        if (_conflicts == ConflictPolicy.Skip)
        {
            throw AlreadyThere(_flags.Complete(directory, existing.Value, entry));
        }

        if (_flags.WhyLocked(existing.Value, entry) is { } reason)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, reason);
        }

        bool isInTheWay = existing.Value.Kind == EntryKind.Directory && _conflicts switch
        {
            ConflictPolicy.Overwrite => true,
            // What is in it is not in the tree, so it would go anyway.
            ConflictPolicy.Mirror => !_mirror!.TryClear(directory, entry.Path),
            _ => false,
        };
        if (isInTheWay)
        {
            throw DirectoryThere();
        }
    }

    /// <summary>
    /// Gives the temporary object its name; whatever happens, the temporary name is gone afterwards. False when what is there is the same and
    /// stays.
    /// </summary>
    /// <exception cref="RestoreRefusedException">Something has come there meanwhile and stays.</exception>
    /// <exception cref="LinuxException">The system refuses.</exception>
    public bool Place(SafeFileHandle directory, byte[] temporary, TreeEntry entry)
    {
        ReadOnlySpan<byte> name = RestoreFrame.NameOf(entry.Path);
        try
        {
            if (_conflicts != ConflictPolicy.Skip)
            {
                _flags.Unlock(directory, entry);
            }

            switch (_conflicts)
            {
                case ConflictPolicy.Skip when !TargetCalls.TryRename(directory, temporary, name):
                    throw AlreadyThere();
                case ConflictPolicy.Overwrite or ConflictPolicy.Mirror:
                    Replace(directory, temporary, name);
                    break;
                case ConflictPolicy.Rename:
                    return PlaceBeside(directory, temporary, name, entry);
            }

            return true;
        }
        finally
        {
            // Renaming one name of a file onto another does nothing and leaves both.
            TargetCalls.Remove(directory, temporary);
        }
    }

    private bool PlaceBeside(SafeFileHandle directory, byte[] temporary, ReadOnlySpan<byte> name, TreeEntry entry)
    {
        byte[] before = _names.Before(name);
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            if (TargetCalls.TryRename(directory, temporary, name))
            {
                return true;
            }

            // Most often what an earlier run restored, which is not to be kept beside itself. A further name has to be one of its file.
            if (entry.Kind != EntryKind.HardLink && Likeness.IsSame(directory, temporary, name))
            {
                return false;
            }

            if (!TryKeep(directory, name, before))
            {
                // An earlier run of this restore kept the object; what is there now is what that run restored.
                Replace(directory, temporary, name);
                return true;
            }
        }

        throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "something keeps taking its name");
    }

    private static bool TryKeep(SafeFileHandle directory, ReadOnlySpan<byte> name, byte[] before)
    {
        try
        {
            return TargetCalls.TryRename(directory, name, before);
        }
        catch (LinuxException e) when (e.Error == Errno.NoEntry)
        {
            // It went away meanwhile: there is nothing to keep.
            return true;
        }
    }

    private static void Replace(SafeFileHandle directory, byte[] temporary, ReadOnlySpan<byte> name)
    {
        try
        {
            TargetCalls.Replace(directory, temporary, name);
        }
        catch (LinuxException e) when (e.Error is Errno.IsDirectory or Errno.NotEmpty or Errno.Exists)
        {
            throw DirectoryThere();
        }
    }

    public static RestoreRefusedException AlreadyThere(bool getsFlags = false) =>
        new(RestoreOutcome.Skipped, RestoreCause.AlreadyThere, getsFlags ? "something with that name is there, and gets the flags it lacks" : "something with that name is there");

    private static RestoreRefusedException DirectoryThere() =>
        new(RestoreOutcome.Failed, RestoreCause.InTheWay, "a directory is there");
}
