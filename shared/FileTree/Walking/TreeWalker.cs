using System.Globalization;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Patterns;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>
/// Walks a directory tree in the order of <see cref="TreePath.Compare"/>. Everything is reached by one name relative to an
/// open directory, so that a tree that changes meanwhile, or whose owner swaps directories for links, can neither lead the
/// walk out of its root nor mix two objects up. What cannot be read becomes an entry that says so, and the walk goes on.
/// Not thread-safe. One descriptor a level is held; a level for which there is none left is recorded as unreadable.
/// </summary>
public sealed class TreeWalker : IDisposable
{
    private readonly WalkOptions _options;
    private readonly SafeFileHandle _root;
    private readonly FileStatus _rootStatus;
    private readonly Stack<WalkFrame> _frames = new();
    private readonly LinkMemory _links;
    private readonly PatternList _patterns;
    private readonly ExclusionTally _tally = new();
    private FileStatus _status;
    private bool _started;

    /// <summary>Begins a walk of an open directory; the handle stays the caller's.</summary>
    /// <exception cref="LinuxException">The root itself cannot be looked at.</exception>
    public TreeWalker(SafeFileHandle root, WalkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _root = root;
        _options = options;
        _rootStatus = Metadata.Status(root);
        _links = new LinkMemory(options.LinkedFilesMax);
        _patterns = new PatternList(options.Rules.Patterns);
    }

    /// <summary>
    /// The entry the walk is at, without attributes and content. A directory that cannot be read has its state set; files are
    /// opened with <see cref="OpenFile"/>.
    /// </summary>
    public TreeEntry Current { get; private set; } = null!;

    /// <summary>The rules, and what they left out so far. Directories left out for a mark or a mount, and files for their size, are entries all the same.</summary>
    public Exclusions Exclusions => new(_options.Rules, _tally.Excluded);

    /// <summary>Goes to the next entry; false at the end.</summary>
    /// <exception cref="LinuxException">The root directory cannot be read.</exception>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            _status = _rootStatus;
            Current = WalkEntries.Describe([], _rootStatus);
            SafeFileHandle handle = DirectoryHandles.OpenChild(_root, "."u8);
            WalkFrame root = new(handle, [], DirectoryNames.Read(handle));
            _frames.Push(root);
            if (DirectoryMarks.Find(handle, root.Names, _options.Rules) is { } mark)
            {
                Current = LeaveOut(Current, mark, $"left out for its {mark}");
                root.Next = root.Names.Count;
            }

            return true;
        }

        while (_frames.TryPeek(out WalkFrame? frame))
        {
            if (frame.Next == frame.Names.Count)
            {
                _frames.Pop().Dispose();
                continue;
            }

            int index = frame.Next++;
            byte[] path = WalkEntries.Join(frame.Path, frame.Names[index]);
            if (_options.Included?.Invoke(path) == false || IsLeftOut(frame, index, path))
            {
                continue;
            }

            Current = Visit(frame, path);
            return true;
        }

        return false;
    }

    /// <summary>Extended attributes of the current entry.</summary>
    /// <exception cref="LinuxException">They cannot be read, or the entry is another object by now.</exception>
    public IReadOnlyList<ExtendedAttribute> ReadAttributes()
    {
        if (Current.Path.Length == 0)
        {
            return Metadata.Attributes(_root);
        }

        WalkFrame parent = ParentFrame();
        using SafeFileHandle handle = DirectoryHandles.OpenForMetadata(parent.Handle, WalkEntries.NameOf(Current.Path));
        RequireSame(Metadata.Status(handle));
        return Metadata.Attributes(handle);
    }

    /// <summary>
    /// Looks at the current entry's name again, after its file changed or gave way to another: true when there is a file of its own
    /// there, which is then the current entry.
    /// </summary>
    public bool LookAgain()
    {
        Invariant.Check(Current.Kind == EntryKind.File);
        ForgetLink();
        if (Look() is not { Kind: EntryKind.File } status || IsTooLarge(status.Size))
        {
            return false;
        }

        TreeEntry again = _links.Recognise(WalkEntries.Describe(Current.Path, status), status);
        if (again.Kind != EntryKind.File)
        {
            return false;
        }

        (_status, Current) = (status, again);
        return true;
    }

    /// <summary>Says that the current entry's content was not captured: a further name of the file is then read on its own.</summary>
    public void ForgetLink() => _links.Forget(Current.Path, _status);

    /// <summary>Opens the current entry, a file, for reading.</summary>
    /// <exception cref="LinuxException">It is gone or another object by now (<see cref="LinuxException.IsGone"/>), or may not be read.</exception>
    public FileReader OpenFile()
    {
        SafeFileHandle handle = DirectoryHandles.OpenFile(ParentFrame().Handle, WalkEntries.NameOf(Current.Path));
        try
        {
            FileStatus status = Metadata.Status(handle);
            RequireSame(status);
            return new FileReader(handle, status);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_frames.TryPop(out WalkFrame? frame))
        {
            frame.Dispose();
        }
    }

    private TreeEntry Visit(WalkFrame frame, byte[] path)
    {
        ReadOnlySpan<byte> name = WalkEntries.NameOf(path);
        try
        {
            _status = Metadata.Status(frame.Handle, name);
            TreeEntry entry = WalkEntries.Describe(path, _status);
            return entry.Kind switch
            {
                EntryKind.Directory => Enter(frame, entry),
                EntryKind.Symlink => entry with { LinkTarget = Metadata.LinkTarget(frame.Handle, name) },
                EntryKind.Socket => entry with { State = EntryState.RecordedOnly, Reason = "a socket has no content" },
                EntryKind.File when IsTooLarge(entry.Size) => TooLarge(entry),
                EntryKind.File => _links.Recognise(entry, _status),
                _ => entry,
            };
        }
        catch (LinuxException e)
        {
            return WalkEntries.Recorded(path, e.IsGone ? EntryState.Vanished : EntryState.Unreadable, e.Message);
        }
    }

    private TreeEntry Enter(WalkFrame parent, TreeEntry entry)
    {
        if (_status.Mount != _rootStatus.Mount && !_options.CrossMounts)
        {
            return LeaveOut(entry, "another file system", "another file system is mounted here");
        }

        if (entry.Path.Length + 1 + TreePath.ComponentBytesMax > TreePath.BytesMax)
        {
            return entry with { State = EntryState.Unreadable, Reason = "the paths below would be too long" };
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = DirectoryHandles.OpenChild(parent.Handle, WalkEntries.NameOf(entry.Path));
            RequireSame(Metadata.Status(handle));
            DirectoryNames names = DirectoryNames.Read(handle);
            if (DirectoryMarks.Find(handle, names, _options.Rules) is { } mark)
            {
                handle.Dispose();
                return LeaveOut(entry, mark, $"left out for its {mark}");
            }

            _frames.Push(new WalkFrame(handle, entry.Path, names));
            return entry;
        }
        catch (LinuxException e)
        {
            handle?.Dispose();
            return entry with { State = e.IsGone ? EntryState.Vanished : EntryState.Unreadable, Reason = e.Message };
        }
    }

    // Without a look at the object where the listing says what it is: what is left out may be what hangs.
    private bool IsLeftOut(WalkFrame frame, int index, byte[] path)
    {
        if (_patterns.IsEmpty)
        {
            return false;
        }

        bool isDirectory = frame.Names.IsDirectory(index) ?? LooksLikeDirectory(frame.Handle, WalkEntries.NameOf(path));
        if (_patterns.LeavesOut(path, isDirectory) is not { } pattern)
        {
            return false;
        }

        _tally.Add(pattern.Text, path, isDirectory);
        return true;
    }

    private static bool LooksLikeDirectory(SafeFileHandle parent, ReadOnlySpan<byte> name)
    {
        try
        {
            return Metadata.Find(parent, name)?.Kind == EntryKind.Directory;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private TreeEntry LeaveOut(TreeEntry directory, string rule, string reason)
    {
        _tally.Add(rule, directory.Path, isDirectory: true);
        return directory with { State = EntryState.RecordedOnly, Reason = reason };
    }

    private FileStatus? Look()
    {
        try
        {
            return Metadata.Find(ParentFrame().Handle, WalkEntries.NameOf(Current.Path));
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private bool IsTooLarge(long size) => _options.Rules.FileBytesMax > 0 && size > _options.Rules.FileBytesMax;

    // Of no kind, so that nobody ever takes it for a file of zeros.
    private TreeEntry TooLarge(TreeEntry file)
    {
        _tally.Add("maxFileSize", file.Path, isDirectory: false);
        return WalkEntries.Recorded(file.Path, EntryState.RecordedOnly, string.Create(
            CultureInfo.InvariantCulture, $"a file of {file.Size} bytes, more than the {_options.Rules.FileBytesMax} the plan takes"));
    }

    // The current entry's parent is the top frame, except for a directory just entered, which is on top itself.
    private WalkFrame ParentFrame()
    {
        WalkFrame top = _frames.Peek();
        return top.Path.Length > 0 && ReferenceEquals(top.Path, Current.Path) ? _frames.ElementAt(1) : top;
    }

    private void RequireSame(FileStatus status)
    {
        if (!status.IsSameObject(_status) || status.Kind != _status.Kind)
        {
            throw new LinuxException("open: another object has taken its place", Errno.NoEntry);
        }
    }
}
