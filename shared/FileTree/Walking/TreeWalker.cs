using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
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
    private readonly Dictionary<(ulong FileSystem, ulong Inode), byte[]> _linked = [];
    private readonly HashSet<string> _excluded;
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
        _excluded = [.. options.Excluded.Select(Convert.ToHexString)];
    }

    /// <summary>
    /// The entry the walk is at, without attributes and content. A directory that cannot be read has its state set; files are
    /// opened with <see cref="OpenFile"/>.
    /// </summary>
    public TreeEntry Current { get; private set; } = null!;

    /// <summary>Goes to the next entry; false at the end.</summary>
    /// <exception cref="LinuxException">The root directory cannot be read.</exception>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            _status = _rootStatus;
            Current = Describe([], _rootStatus);
            SafeFileHandle handle = DirectoryHandles.OpenChild(_root, "."u8);
            _frames.Push(new WalkFrame(handle, [], DirectoryNames.Read(handle)));
            return true;
        }

        while (_frames.TryPeek(out WalkFrame? frame))
        {
            if (frame.Next == frame.Names.Count)
            {
                _frames.Pop().Dispose();
                continue;
            }

            byte[] path = Join(frame.Path, frame.Names[frame.Next++]);
            if ((_excluded.Count > 0 && _excluded.Contains(Convert.ToHexString(path))) || _options.Included?.Invoke(path) == false)
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
        using SafeFileHandle handle = DirectoryHandles.OpenForMetadata(parent.Handle, NameOf(Current.Path));
        RequireSame(Metadata.Status(handle));
        return Metadata.Attributes(handle);
    }

    /// <summary>Opens the current entry, a file, for reading.</summary>
    /// <exception cref="LinuxException">It is gone or another object by now (<see cref="LinuxException.IsGone"/>), or may not be read.</exception>
    public FileReader OpenFile()
    {
        SafeFileHandle handle = DirectoryHandles.OpenFile(ParentFrame().Handle, NameOf(Current.Path));
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
        ReadOnlySpan<byte> name = NameOf(path);
        try
        {
            _status = Metadata.Status(frame.Handle, name);
            TreeEntry entry = Describe(path, _status);
            return entry.Kind switch
            {
                EntryKind.Directory => Enter(frame, entry),
                EntryKind.Symlink => entry with { LinkTarget = Metadata.LinkTarget(frame.Handle, name) },
                EntryKind.Socket => entry with { State = EntryState.RecordedOnly, Reason = "a socket has no content" },
                EntryKind.File => RecogniseLink(entry),
                _ => entry,
            };
        }
        catch (LinuxException e)
        {
            return Unreadable(path, e.IsGone ? EntryState.Vanished : EntryState.Unreadable, e.Message);
        }
    }

    private TreeEntry Enter(WalkFrame parent, TreeEntry entry)
    {
        if (_status.Mount != _rootStatus.Mount && !_options.CrossMounts)
        {
            return entry with { State = EntryState.RecordedOnly, Reason = "another file system is mounted here" };
        }

        if (entry.Path.Length + 1 + TreePath.ComponentBytesMax > TreePath.BytesMax)
        {
            return entry with { State = EntryState.Unreadable, Reason = "the paths below would be too long" };
        }

        SafeFileHandle? handle = null;
        try
        {
            handle = DirectoryHandles.OpenChild(parent.Handle, NameOf(entry.Path));
            RequireSame(Metadata.Status(handle));
            _frames.Push(new WalkFrame(handle, entry.Path, DirectoryNames.Read(handle)));
            return entry;
        }
        catch (LinuxException e)
        {
            handle?.Dispose();
            return entry with { State = e.IsGone ? EntryState.Vanished : EntryState.Unreadable, Reason = e.Message };
        }
    }

    private TreeEntry RecogniseLink(TreeEntry entry)
    {
        if (_status.Links < 2)
        {
            return entry;
        }

        (ulong, ulong) key = (_status.FileSystem, _status.Inode);
        if (_linked.TryGetValue(key, out byte[]? first))
        {
            return entry with { Kind = EntryKind.HardLink, LinkTarget = first, Size = 0 };
        }

        if (_linked.Count < _options.LinkedFilesMax)
        {
            _linked.Add(key, entry.Path);
        }

        return entry;
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

    private static TreeEntry Describe(byte[] path, FileStatus status) => new()
    {
        Path = path,
        Kind = status.Kind,
        Mode = status.Permissions,
        Uid = status.Uid,
        Gid = status.Gid,
        Size = status.Kind == EntryKind.File ? status.Size : 0,
        ModifiedAt = status.ModifiedAt,
        ChangedAt = status.ChangedAt,
        Inode = status.Inode,
        Device = status.Kind is EntryKind.CharDevice or EntryKind.BlockDevice ? status.Device : 0,
    };

    private static TreeEntry Unreadable(byte[] path, EntryState state, string reason) =>
        new() { Path = path, Kind = EntryKind.Unknown, State = state, Reason = reason };

    private static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) =>
        directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];

    private static ReadOnlySpan<byte> NameOf(byte[] path) => path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1);
}
