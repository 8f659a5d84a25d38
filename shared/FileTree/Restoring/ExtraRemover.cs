using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Patterns;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Deletes what a mirror finds beyond the tree, with everything below it, or only counts it. What the rules of the snapshot leave out
/// stays, and so do other file systems and the directories that lead to either. One name relative to an open directory at a time.
/// </summary>
internal sealed class ExtraRemover
{
    private readonly ExcludeRules _rules;
    private readonly PatternList _patterns;
    private readonly FileStatus _root;
    private readonly bool _isDryRun;
    private readonly Action<byte[], string?> _done;
    private (byte[] Path, string Reason)? _locked;

    /// <param name="rules">Of the snapshot.</param>
    /// <param name="root">The target.</param>
    /// <param name="isDryRun">Only count.</param>
    /// <param name="done">Told of each object that was deleted, or could not be and why.</param>
    public ExtraRemover(ExcludeRules rules, FileStatus root, bool isDryRun, Action<byte[], string?> done)
    {
        _rules = rules;
        _patterns = new PatternList(rules.Patterns);
        _root = root;
        _isDryRun = isDryRun;
        _done = done;
    }

    /// <summary>True when nothing is left of it.</summary>
    /// <param name="parent">The directory it lies in.</param>
    /// <param name="path">Its path below the target.</param>
    /// <param name="lockOfParent">Why no name can be taken out of the parent; null when one can.</param>
    public bool Remove(SafeFileHandle parent, byte[] path, string? lockOfParent = null)
    {
        _locked = lockOfParent is null ? null : (path, lockOfParent);
        // No recursion: whoever writes to the target decides how deep it is.
        Stack<Level> levels = new();
        bool isGone = Visit(parent, path, levels);
        while (levels.TryPeek(out Level? level))
        {
            if (level.Next < level.Names.Count)
            {
                byte[] child = WalkEntries.Join(level.Path, level.Names[level.Next++]);
                bool isChildGone = Visit(level.Handle, child, levels) || (levels.Peek() != level);
                level.IsEmptied &= isChildGone;
                continue;
            }

            levels.Pop();
            level.Handle.Dispose();
            SafeFileHandle above = levels.TryPeek(out Level? outer) ? outer.Handle : parent;
            isGone = level.IsEmptied && Delete(above, level.Path, isDirectory: true);
            if (outer is not null)
            {
                outer.IsEmptied &= isGone;
            }
        }

        return isGone;
    }

    // True when it is gone; a directory to be emptied first is on the stack afterwards.
    private bool Visit(SafeFileHandle parent, byte[] path, Stack<Level> levels)
    {
        try
        {
            if (TargetCalls.Find(parent, RestoreFrame.NameOf(path)) is not { } status)
            {
                return true;
            }

            if (FlagRestorer.WhyLocked(status) is { } locked)
            {
                _done(path, locked);
                return false;
            }

            bool isDirectory = status.Kind == EntryKind.Directory;
            bool isKept = _patterns.LeavesOut(path, isDirectory) is not null
                || (status.Kind == EntryKind.File && _rules.FileBytesMax > 0 && status.Size > _rules.FileBytesMax);
            if (isKept || isDirectory)
            {
                return !isKept && Enter(parent, path, levels);
            }

            return Delete(parent, path, isDirectory: false);
        }
        catch (LinuxException e)
        {
            _done(path, e.Message);
            return false;
        }
    }

    private bool Enter(SafeFileHandle parent, byte[] path, Stack<Level> levels)
    {
        SafeFileHandle handle = DirectoryHandles.OpenChild(parent, RestoreFrame.NameOf(path));
        try
        {
            FileStatus status = Metadata.Status(handle);
            DirectoryNames names = DirectoryNames.Read(handle);
            if (status.Mount == _root.Mount && status.FileSystem == _root.FileSystem && DirectoryMarks.Find(handle, names, _rules) is null)
            {
                levels.Push(new Level(handle, path, names));
                return false;
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        handle.Dispose();
        return false;
    }

    private bool Delete(SafeFileHandle parent, byte[] path, bool isDirectory)
    {
        if (_locked is { } locked && ReferenceEquals(locked.Path, path))
        {
            _done(path, locked.Reason);
            return false;
        }

        try
        {
            bool isGone = true;
            if (!_isDryRun && isDirectory)
            {
                // False when something came into it meanwhile: that was not there to be judged.
                isGone = TargetCalls.TryRemoveDirectory(parent, RestoreFrame.NameOf(path));
            }
            else if (!_isDryRun)
            {
                TargetCalls.Remove(parent, RestoreFrame.NameOf(path));
            }

            if (isGone)
            {
                _done(path, null);
            }

            return isGone;
        }
        catch (LinuxException e)
        {
            _done(path, e.Message);
            return false;
        }
    }

    private sealed class Level(SafeFileHandle handle, byte[] path, DirectoryNames names)
    {
        public SafeFileHandle Handle { get; } = handle;

        public byte[] Path { get; } = path;

        public DirectoryNames Names { get; } = names;

        public int Next { get; set; }

        public bool IsEmptied { get; set; } = true;
    }
}
