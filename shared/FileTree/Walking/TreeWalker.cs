using K8sBackup.FileTree.Native;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Walking;

/// <summary>
/// Walks a directory tree in the order of <see cref="TreePath.Compare"/>. Everything is reached by one name relative to an
/// open directory, so that a tree that changes meanwhile, or whose owner swaps directories for links, can neither lead the
/// walk out of its root nor mix two objects up. What cannot be read, or does not answer, becomes an entry that says so, and the walk goes on.
/// Not thread-safe. One descriptor a level is held; a level for which there is none left is recorded as unreadable.
/// </summary>
public sealed class TreeWalker : IDisposable
{
    private readonly WalkOptions _options;
    private readonly SafeFileHandle _root;
    private readonly IWalkCalls _calls;
    private readonly FileStatus _rootStatus;
    private readonly Stack<WalkFrame> _frames = new();
    private readonly LinkMemory _links;
    private readonly LeavingOut _leavingOut;
    private FileStatus _status;
    private bool _started;

    /// <summary>Begins a walk of an open directory; the handle stays the caller's.</summary>
    /// <param name="root">The directory.</param>
    /// <param name="options">What is left out.</param>
    /// <param name="calls">How the file system is called; at once when it is null.</param>
    /// <exception cref="IOException">The root itself cannot be looked at.</exception>
    public TreeWalker(SafeFileHandle root, WalkOptions options, IWalkCalls? calls = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _root = root;
        _options = options;
        _calls = calls ?? DirectWalkCalls.Instance;
        _rootStatus = _calls.Run(() => Metadata.Status(root));
        _links = new LinkMemory(options.LinkedFilesMax);
        _leavingOut = new LeavingOut(options);
    }

    /// <summary>
    /// The entry the walk is at, without attributes and content. A directory that cannot be read has its state set; files are
    /// read through <see cref="HoldFile"/>.
    /// </summary>
    public TreeEntry Current { get; private set; } = null!;

    /// <summary>The rules, and what they left out so far. Directories left out for a mark or a mount, and files for their size, are entries all the same.</summary>
    public Exclusions Exclusions => _leavingOut.Exclusions;

    /// <summary>Goes to the next entry; false at the end.</summary>
    /// <exception cref="IOException">The root directory cannot be read.</exception>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            Begin();
            return true;
        }

        while (_frames.TryPeek(out WalkFrame? frame))
        {
            if (frame.Looks.IsEmpty)
            {
                Gather(frame);
            }

            if (frame.Looks.IsEmpty)
            {
                _frames.Pop().Dispose();
                continue;
            }

            Current = Visit(frame, frame.Looks.Take());
            return true;
        }

        return false;
    }

    /// <summary>Extended attributes of the current entry.</summary>
    /// <exception cref="IOException">They cannot be read, or the entry is another object by now.</exception>
    public IReadOnlyList<ExtendedAttribute> ReadAttributes()
    {
        if (Current.Path.Length == 0)
        {
            return _calls.Run(() => Metadata.Attributes(_root));
        }

        (SafeFileHandle parent, byte[] path, FileStatus expected) = (ParentFrame().Handle, Current.Path, _status);
        return _calls.Run(() =>
        {
            using SafeFileHandle handle = DirectoryHandles.OpenForMetadata(parent, WalkEntries.NameOf(path));
            EnteredDirectory.RequireSame(Metadata.Status(handle), expected);
            return Metadata.Attributes(handle);
        });
    }

    /// <summary>Says that time has passed since the current entry was met: what was seen of the names after it may be different by now.</summary>
    public void LookAfresh() => ParentFrame().Looks.Forget();

    /// <summary>The current entry, a file, for reading it when the walk has gone on.</summary>
    public FoundFile HoldFile()
    {
        Invariant.Check(Current.Kind == EntryKind.File);
        return new FoundFile(this, ParentFrame().Directory, Current, _status);
    }

    public void Dispose()
    {
        while (_frames.TryPop(out WalkFrame? frame))
        {
            frame.Dispose();
        }
    }

    /// <summary>What is there now under a name, when it is a file of its own; otherwise null.</summary>
    internal (TreeEntry Entry, FileStatus Status)? LookAgain(SafeFileHandle directory, byte[] path)
    {
        if (Look(directory, path) is not { Kind: EntryKind.File } status || _leavingOut.IsTooLarge(status.Size))
        {
            return null;
        }

        TreeEntry again = _links.Recognise(WalkEntries.Describe(path, status), status);
        return again.Kind == EntryKind.File ? (again, status) : null;
    }

    internal void ForgetLink(byte[] path, in FileStatus status) => _links.Forget(path, status);

    private void Begin()
    {
        _status = _rootStatus;
        Current = WalkEntries.Describe([], _rootStatus);
        EnteredDirectory root = _calls.Run(() => EnteredDirectory.Open(_root, "."u8, [], null, _options.Rules));
        _frames.Push(root.Frame);
        if (root.Mark is { } mark)
        {
            Current = _leavingOut.Directory(Current, mark, $"left out for its {mark}");
            root.Frame.Next = root.Frame.Names.Count;
        }
    }

    // What is left out is not looked at where the listing says what it is: it may be what hangs.
    private void Gather(WalkFrame frame)
    {
        frame.Looks.Clear();
        bool isLast = false;
        while (!isLast && !frame.Looks.IsFull && frame.Next < frame.Names.Count)
        {
            int index = frame.Next++;
            byte[] path = WalkEntries.Join(frame.Path, frame.Names[index]);
            if (!_leavingOut.Leaves(path, () => frame.Names.IsDirectory(index) ?? Look(frame.Handle, path)?.Kind == EntryKind.Directory))
            {
                frame.Looks.Add(path);
                isLast = frame.Names.IsDirectory(index) != false;
            }
        }
    }

    private TreeEntry Visit(WalkFrame frame, byte[] path)
    {
        try
        {
            _status = frame.Looks.Look(frame.Handle, _calls);
            TreeEntry entry = WalkEntries.Describe(path, _status);
            return entry.Kind switch
            {
                EntryKind.Directory => Enter(frame, entry),
                EntryKind.Symlink => entry with { LinkTarget = _calls.Run(() => Metadata.LinkTarget(frame.Handle, WalkEntries.NameOf(path))) },
                EntryKind.Socket => entry with { State = EntryState.RecordedOnly, Reason = "a socket has no content" },
                EntryKind.File when _leavingOut.IsTooLarge(entry.Size) => _leavingOut.TooLarge(entry),
                EntryKind.File => _links.Recognise(entry, _status),
                _ => entry,
            };
        }
        catch (IOException e)
        {
            return WalkEntries.Recorded(path, WalkEntries.StateAfter(e), e.Message);
        }
    }

    private TreeEntry Enter(WalkFrame parent, TreeEntry entry)
    {
        if (_status.Mount != _rootStatus.Mount && !_options.CrossMounts)
        {
            return _leavingOut.Directory(entry, "another file system", "another file system is mounted here");
        }

        if (entry.Path.Length + 1 + TreePath.ComponentBytesMax > TreePath.BytesMax)
        {
            return entry with { State = EntryState.Unreadable, Reason = "the paths below would be too long" };
        }

        try
        {
            FileStatus expected = _status;
            EnteredDirectory entered = _calls.Run(() => EnteredDirectory.Open(parent.Handle, WalkEntries.NameOf(entry.Path), entry.Path, expected, _options.Rules));
            if (entered.Mark is { } mark)
            {
                entered.Dispose();
                return _leavingOut.Directory(entry, mark, $"left out for its {mark}");
            }

            if (parent.Looks.IsEmpty)
            {
                // What was seen there is not kept for as long as the walk is below.
                parent.Looks.Clear();
            }

            _frames.Push(entered.Frame);
            return entry;
        }
        catch (IOException e)
        {
            return entry with { State = WalkEntries.StateAfter(e), Reason = e.Message };
        }
    }

    // Null when there is nothing, or it cannot be told.
    private FileStatus? Look(SafeFileHandle parent, byte[] path)
    {
        try
        {
            return _calls.Run(() => Metadata.Find(parent, WalkEntries.NameOf(path)));
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The current entry's parent is the top frame, except for a directory just entered, which is on top itself.
    private WalkFrame ParentFrame()
    {
        WalkFrame top = _frames.Peek();
        return top.Path.Length > 0 && ReferenceEquals(top.Path, Current.Path) ? _frames.ElementAt(1) : top;
    }
}
