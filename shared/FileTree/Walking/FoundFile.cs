using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>
/// A file a walk met, to be read now or while the walk is already elsewhere: keeps the directory it lies in open until it is disposed of.
/// One thread, except for <see cref="Open"/>.
/// </summary>
public sealed class FoundFile : IDisposable
{
    private readonly TreeWalker _walker;
    private readonly HeldDirectory _directory;
    private FileStatus _status;
    private bool _isReleased;

    internal FoundFile(TreeWalker walker, HeldDirectory directory, TreeEntry entry, in FileStatus status)
    {
        _walker = walker;
        _directory = directory.Hold();
        _status = status;
        Entry = entry;
    }

    /// <summary>The entry as it was when it was last looked at, without attributes and content.</summary>
    public TreeEntry Entry { get; private set; }

    /// <summary>True when the file may have further names, which become links to this one.</summary>
    public bool IsLinked => _status.Links > 1;

    /// <summary>Opens the file for reading. Calls the file system at once: it is for the caller to be patient.</summary>
    /// <exception cref="LinuxException">It is gone or another object by now (<see cref="LinuxException.IsGone"/>), or may not be read.</exception>
    public FileReader Open()
    {
        SafeFileHandle handle = DirectoryHandles.OpenFile(_directory.Handle, WalkEntries.NameOf(Entry.Path));
        try
        {
            FileStatus status = Metadata.Status(handle);
            EnteredDirectory.RequireSame(status, _status);
            return new FileReader(handle, status);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Looks at the name again, after the file changed or gave way to another: true when there is a file of its own there, which
    /// is then this one.
    /// </summary>
    public bool LookAgain()
    {
        ForgetLink();
        if (_walker.LookAgain(_directory.Handle, Entry.Path) is not { } again)
        {
            return false;
        }

        (Entry, _status) = again;
        return true;
    }

    /// <summary>Says that the content was not captured: a further name of the file is then read on its own.</summary>
    public void ForgetLink() => _walker.ForgetLink(Entry.Path, _status);

    /// <summary>Lets go of the directory.</summary>
    public void Dispose()
    {
        if (!_isReleased)
        {
            _isReleased = true;
            _directory.Dispose();
        }
    }
}
