using K8sBackup.FileTree.Native;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>The directories from the target down to where the restore is. Leaving one gives it its metadata.</summary>
internal sealed class DirectoryStack : IDisposable
{
    private readonly Stack<RestoreFrame> _frames = new();
    private readonly List<RestoreResult> _problems = [];
    private readonly RestoreNames _names;
    private readonly MetadataWriter _metadata;
    private readonly FlagRestorer _flags;
    private readonly Mirror? _mirror;

    public DirectoryStack(SafeFileHandle root, RestoreNames names, MetadataWriter metadata, FlagRestorer flags, Mirror? mirror)
    {
        _mirror = mirror;
        _names = names;
        _metadata = metadata;
        _flags = flags;
        _frames.Push(new RestoreFrame([], root, null, IsMarked: false));
    }

    /// <summary>False once it is completed or disposed of.</summary>
    public bool IsOpen => _frames.Count > 0;

    /// <summary>Innermost first.</summary>
    public IEnumerable<RestoreFrame> Frames => _frames;

    /// <summary>Directories whose metadata was not restored in full, the first of them.</summary>
    public IReadOnlyList<RestoreResult> Problems => _problems;

    /// <summary>Begins with the entry of the root.</summary>
    public void SetRoot(TreeEntry entry, bool givesMetadata)
    {
        RestoreFrame root = _frames.Pop();
        FileStatus status = Metadata.Status(root.Handle!);
        _frames.Push(root with
        {
            Metadata = givesMetadata ? entry : null,
            Extras = _mirror?.ExtrasOf(entry, root.Handle!),
            // What would not get its flags back keeps them.
            Lock = _flags.Open(root.Handle!, status, givesMetadata ? entry : entry with { Flags = FileFlags.None }),
        });
    }

    public void Push(RestoreFrame frame) => _frames.Push(frame);

    /// <summary>Leaves every directory the path is not in; gives the one that contains it.</summary>
    /// <exception cref="RestoreRefusedException">What contains it is no directory of the tree.</exception>
    public RestoreFrame ParentOf(byte[] path)
    {
        ReadOnlySpan<byte> parent = RestoreFrame.ParentOf(path);
        while (_frames.Count > 1 && !TreePath.IsAtOrBelow(parent, _frames.Peek().Path))
        {
            Leave();
        }

        RestoreFrame frame = _frames.Peek();
        return parent.SequenceEqual(frame.Path)
            ? frame
            : throw new RestoreRefusedException(
                RestoreOutcome.Failed, RestoreCause.InvalidEntry, "what contains it is not a directory of the tree");
    }

    /// <summary>Leaves all directories; gives the target's handle, which is then the caller's.</summary>
    public SafeFileHandle Complete()
    {
        while (_frames.Count > 1)
        {
            Leave();
        }

        RestoreFrame root = _frames.Pop();
        _mirror?.DeleteRest(root);
        Finish(root);
        return root.Handle!;
    }

    /// <summary>Closes all directories as they are.</summary>
    public void Dispose()
    {
        while (_frames.TryPop(out RestoreFrame? frame))
        {
            frame.Dispose();
        }
    }

    private void Leave()
    {
        using RestoreFrame frame = _frames.Pop();
        _mirror?.DeleteRest(frame);
        Finish(frame);
    }

    private void Finish(RestoreFrame frame)
    {
        if (frame.Handle is null || (frame.Metadata ?? frame.Unflagged) is not { } entry)
        {
            return;
        }

        RestoreResult? problem = null;
        try
        {
            // The mark goes first, because removing it changes the directory's time. A run that ends right here leaves
            // the directory with the mode 0700: too closed, never too open.
            if (frame.IsMarked)
            {
                TargetCalls.Remove(frame.Handle, _names.DirectoryMark);
            }

            IReadOnlyList<string> notes = frame.Lock is not null ? ["it is locked (see chattr) and keeps the metadata it has"]
                : [.. frame.Metadata is null ? [] : _metadata.Apply(frame.Handle, entry), .. _flags.Apply(frame.Handle, entry)];
            problem = notes.Count > 0 ? new RestoreResult(frame.Path, RestoreOutcome.Restored, RestoreCause.None, "", notes) : null;
        }
        catch (LinuxException e)
        {
            problem = new RestoreResult(frame.Path, RestoreOutcome.Failed, RestoreCause.SystemError, e.Message, []);
        }

        if (problem is not null && _problems.Count < RestoreSummary.ProblemsMax)
        {
            _problems.Add(problem);
        }
    }
}
