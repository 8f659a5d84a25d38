using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Says what <see cref="TreeRestorer"/> would do with the same entries and options, and changes nothing. Entries come in tree order.
/// Memory as the restorer's, and the first changes. Not thread-safe.
/// </summary>
public sealed class TreePreview : IDisposable
{
    /// <summary>Changes kept of those that delete, and of all others; further ones are only counted.</summary>
    public const int ChangesMax = 1000;

    private readonly RestoreOptions _options;
    private readonly RestoreNames _names;
    private readonly FlagRestorer _flags;
    private readonly DirectoryRestorer? _directories;
    private readonly ExtraRemover? _extras;
    private readonly Stack<PreviewFrame> _frames = new();
    private readonly List<PreviewChange> _changes = [];
    private readonly List<PreviewChange> _deletions = [];
    private byte[]? _last;
    private bool _isStopped;

    /// <param name="target">An open directory, which stays the caller's; null when it does not exist yet.</param>
    /// <param name="options">Of the restore.</param>
    /// <exception cref="LinuxException">The target cannot be examined.</exception>
    public TreePreview(SafeFileHandle? target, RestoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _names = new RestoreNames(options.Id, options.Running);
        _flags = new FlagRestorer(options.SetFlags);
        if (target is not null)
        {
            FileStatus root = Metadata.Status(target);
            _directories = new DirectoryRestorer(options, _names, root);
            _extras = new ExtraRemover(options.Rules, root, isDryRun: true, NoteDeletion);
        }

        _frames.Push(new PreviewFrame([], target is null ? null : DirectoryHandles.OpenChild(target, "."u8), IsBlocked: false, null));
    }

    public PreviewCounts Counts { get; private set; } = new();

    /// <summary>The first changes, deletions at the end.</summary>
    public IReadOnlyList<PreviewChange> Changes => [.. _changes, .. _deletions];

    /// <summary>Takes the next entry.</summary>
    public void Take(TreeEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            Judge(entry);
        }
        catch (RestoreRefusedException e)
        {
            Note(e.Outcome == RestoreOutcome.Skipped ? PreviewAction.Keep : PreviewAction.Fail, entry, e.Message);
            Block(entry);
        }
        catch (LinuxException e)
        {
            Note(PreviewAction.Fail, entry, e.Message);
            Block(entry);
        }
    }

    /// <summary>Says that entries are missing in what comes.</summary>
    public void NoteMissingEntries() => _isStopped = true;

    /// <summary>Ends the tree: what is behind its last entries is counted.</summary>
    public void Complete()
    {
        while (_frames.Count > 0)
        {
            Leave();
        }
    }

    public void Dispose()
    {
        while (_frames.TryPop(out PreviewFrame? frame))
        {
            frame.Dispose();
        }
    }

    private void Judge(TreeEntry entry)
    {
        if (EntryRules.Fault(entry, _last) is { } fault)
        {
            _isStopped = true;
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InvalidEntry, fault);
        }

        _last = entry.Path;
        if (entry.Path.Length == 0)
        {
            PreviewFrame root = _frames.Pop();
            _frames.Push(root with { Extras = ExtrasOf(entry, root.Handle), Lock = LockOf(root.Handle, entry, _options.RootMetadata) });
            Counts = Counts with { Keep = Counts.Keep + 1 };
            return;
        }

        PreviewFrame parent = ParentOf(entry.Path);
        CountExtras(parent, parent.Extras?.Before(RestoreFrame.NameOf(entry.Path).ToArray()));
        if (parent.IsBlocked)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.DirectoryMissing, "its directory would not be restored");
        }

        FileStatus? existing = parent.Handle is null ? null : TargetCalls.Find(parent.Handle, RestoreFrame.NameOf(entry.Path));
        if (entry.Kind == EntryKind.Directory)
        {
            JudgeDirectory(parent, entry, existing);
        }
        else
        {
            JudgeObject(parent, entry, existing);
        }
    }

    private void JudgeDirectory(PreviewFrame parent, TreeEntry entry, FileStatus? existing)
    {
        if (existing is { Kind: EntryKind.Directory })
        {
            SafeFileHandle handle = _directories!.Open(parent.Handle!, RestoreFrame.NameOf(entry.Path));
            bool isSkipping = _options.Conflicts == ConflictPolicy.Skip;
            string? closed = LockOf(handle, entry, givesFlags: !isSkipping);
            _frames.Push(new PreviewFrame(entry.Path, handle, IsBlocked: false, ExtrasOf(entry, handle)) { Lock = closed });
            if (isSkipping && closed is null && _flags.LacksFlags(Metadata.Status(handle), entry))
            {
                Note(PreviewAction.Keep, entry, DirectoryRestorer.Kept(getsFlags: true));
            }
            else
            {
                Counts = Counts with { Keep = Counts.Keep + 1 };
            }

            return;
        }

        if (existing is not null && _options.Conflicts == ConflictPolicy.Skip)
        {
            throw new RestoreRefusedException(RestoreOutcome.Skipped, RestoreCause.AlreadyThere, "something that is no directory is there");
        }

        if ((existing is { } other ? FlagRestorer.WhyLocked(other) : parent.Lock) is { } locked)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, locked);
        }

        Note(existing is null ? PreviewAction.Create : PreviewAction.Replace, entry, existing is null ? "" : Former(entry));
        _frames.Push(new PreviewFrame(entry.Path, null, IsBlocked: false, null));
    }

    private void JudgeObject(PreviewFrame parent, TreeEntry entry, FileStatus? existing)
    {
        EntryRules.RequireCaptured(entry);
        ObjectRestorer.RequireWanted(entry.Kind, _options);
        if (parent.Lock is { } closed && (existing is null || _options.Conflicts != ConflictPolicy.Skip))
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, closed);
        }

        if (existing is not { } there)
        {
            Note(PreviewAction.Create, entry, "");
            return;
        }

        if (_options.Conflicts == ConflictPolicy.Skip)
        {
            throw Placement.AlreadyThere(_flags.LacksFlags(there, entry));
        }

        if (_flags.WhyLocked(there, entry) is { } locked)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, locked);
        }

        bool isInTheWay = there.Kind == EntryKind.Directory && _options.Conflicts switch
        {
            ConflictPolicy.Overwrite => true,
            ConflictPolicy.Mirror => _isStopped || !_extras!.Remove(parent.Handle!, entry.Path),
            _ => false,
        };
        if (isInTheWay)
        {
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, "a directory is there");
        }

        bool isAlike = there.Kind == entry.Kind && there.Size == entry.Size && there.ModifiedAt == entry.ModifiedAt;
        Counts = Counts with { Alike = Counts.Alike + (isAlike ? 1 : 0) };
        Note(PreviewAction.Replace, entry, Former(entry, isAlike));
    }

    private string Former(TreeEntry entry, bool isAlike = false) => _options.Conflicts == ConflictPolicy.Rename
        ? $"what is there is kept as {TreePath.Display(_names.Before(RestoreFrame.NameOf(entry.Path)))}{(isAlike ? ", unless it is the same" : "")}"
        : "";

    private string? LockOf(SafeFileHandle? handle, TreeEntry entry, bool givesFlags) =>
        handle is null ? null : _flags.WhyClosed(Metadata.Status(handle), givesFlags ? entry : entry with { Flags = FileFlags.None });

    private ExtraNames? ExtrasOf(TreeEntry directory, SafeFileHandle? handle) =>
        handle is not null && Mirror.DeletesIn(directory, _options) ? new ExtraNames(DirectoryNames.Read(handle)) : null;

    private PreviewFrame ParentOf(byte[] path)
    {
        ReadOnlySpan<byte> parent = RestoreFrame.ParentOf(path);
        while (_frames.Count > 1 && !TreePath.IsAtOrBelow(parent, _frames.Peek().Path))
        {
            Leave();
        }

        PreviewFrame frame = _frames.Peek();
        return parent.SequenceEqual(frame.Path)
            ? frame
            : throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InvalidEntry, "what contains it is not a directory of the tree");
    }

    private void Leave()
    {
        using PreviewFrame frame = _frames.Pop();
        CountExtras(frame, frame.Extras?.Rest());
    }

    private void CountExtras(PreviewFrame frame, IEnumerable<byte[]>? names)
    {
        foreach (byte[] name in names ?? [])
        {
            if (!_isStopped && _names.OwnerOf(name) == NameOwner.Anybody)
            {
                _extras!.Remove(frame.Handle!, WalkEntries.Join(frame.Path, name), frame.Lock);
            }
        }
    }

    private void Block(TreeEntry entry)
    {
        if (entry.Kind == EntryKind.Directory && entry.Path.Length > 0)
        {
            _frames.Push(new PreviewFrame(entry.Path, null, IsBlocked: true, null));
        }
    }

    private void NoteDeletion(byte[] path, string? problem)
    {
        Counts = problem is null ? Counts with { Delete = Counts.Delete + 1 } : Counts with { Fail = Counts.Fail + 1 };
        if (_deletions.Count < ChangesMax)
        {
            _deletions.Add(new PreviewChange(problem is null ? PreviewAction.Delete : PreviewAction.Fail, path, problem ?? ""));
        }
    }

    private void Note(PreviewAction action, TreeEntry entry, string detail)
    {
        long bytes = entry.Kind == EntryKind.File ? entry.Size : 0;
        Counts = action switch
        {
            PreviewAction.Create => Counts with { Create = Counts.Create + 1, CreateBytes = Counts.CreateBytes + bytes },
            PreviewAction.Replace => Counts with { Replace = Counts.Replace + 1, ReplaceBytes = Counts.ReplaceBytes + bytes },
            PreviewAction.Keep => Counts with { Keep = Counts.Keep + 1 },
            _ => Counts with { Fail = Counts.Fail + 1 },
        };
        if (_changes.Count < ChangesMax)
        {
            _changes.Add(new PreviewChange(action, entry.Path, detail));
        }
    }
}
