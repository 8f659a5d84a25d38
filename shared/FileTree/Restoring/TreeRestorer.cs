using K8sBackup.FileTree.Native;
using K8sBackup.Model.Invariants;
using K8sBackup.Model.Trees;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.FileTree.Restoring;

/// <summary>
/// Writes a tree into a directory, entry by entry in tree order, as a network stream brings it. For every entry:
/// <see cref="BeginEntryAsync"/>, then <see cref="WriteAsync"/> for a file's data, then <see cref="EndEntryAsync"/>;
/// at the end <see cref="CompleteAsync"/>.
/// <para>
/// Nothing is ever written outside the target, whoever changes it meanwhile: each step is one name relative to an open
/// directory, and no step follows a symbolic link. That is also why links need not wait for the end. Files appear under
/// their name only when they are whole; directories get their metadata when the restore leaves them. Run again after an
/// interruption, with the same id, it ends in the same state. Memory: the open directories (one descriptor a level), and
/// an inode number per file. Not thread-safe.
/// </para>
/// </summary>
public sealed class TreeRestorer : IDisposable
{
    private readonly RestoreOptions _options;
    private readonly RestoreNames _names;
    private readonly MetadataWriter _metadata;
    private readonly FlagRestorer _flags;
    private readonly Placement _placement;
    private readonly DirectoryRestorer _directories;
    private readonly ObjectRestorer _objects;
    private readonly LinkRestorer _links;
    private readonly DirectoryStack _stack;
    private readonly Mirror? _mirror;
    private RestoreSummary _summary = new();
    private byte[]? _last;
    private TreeEntry? _entry;
    private RestoreResult? _result;
    private string? _lock;
    private FileInProgress? _file;

    /// <summary>Begins a restore into an open directory.</summary>
    /// <param name="target">From <see cref="DirectoryHandles.OpenRoot"/>; stays the caller's.</param>
    /// <param name="options">How to restore.</param>
    /// <exception cref="LinuxException">The target cannot be examined.</exception>
    /// <exception cref="ArgumentException">The id in the options is unusable.</exception>
    public TreeRestorer(SafeFileHandle target, RestoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _names = new RestoreNames(options.Id, options.Running);
        _metadata = new MetadataWriter(options.KeepPrivileges);
        _flags = new FlagRestorer(options.SetFlags);
        FileStatus root = Metadata.Status(target);
        _mirror = options.Conflicts == ConflictPolicy.Mirror ? new Mirror(options, _names, root) : null;
        _placement = new Placement(options, _names, _mirror);
        _directories = new DirectoryRestorer(options, _names, root);
        _objects = new ObjectRestorer(options, _names, _metadata, _placement);
        _links = new LinkRestorer(options, _names, _placement, _directories, root);
        SafeFileHandle handle = DirectoryHandles.OpenChild(target, "."u8);
        _stack = new DirectoryStack(handle, _names, _metadata, _flags, _mirror);
        _directories.RemoveLeftovers(handle, takesOver: false);
    }

    /// <summary>
    /// Begins the next entry. True when its data is wanted; otherwise data may be left out, and is ignored when it
    /// comes. What is wrong with an entry is in the result of <see cref="EndEntryAsync"/>, and the restore goes on.
    /// </summary>
    public ValueTask<bool> BeginEntryAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Invariant.Check(_entry is null && _stack.IsOpen);
        cancellationToken.ThrowIfCancellationRequested();
        _entry = entry;
        _result = null;
        Attempt(() => Begin(entry));
        return ValueTask.FromResult(_file is not null && entry.Size > 0);
    }

    /// <summary>Writes a run of the current file's data. Runs ascend; what no run covers reads as zeros.</summary>
    /// <returns>True while more data is wanted; false once the entry has failed.</returns>
    public ValueTask<bool> WriteAsync(long fileOffset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Invariant.Check(_entry is not null);
        cancellationToken.ThrowIfCancellationRequested();
        if (_file is not null)
        {
            Attempt(() => _file.Write(fileOffset, data.Span));
        }

        return ValueTask.FromResult(_file is not null);
    }

    /// <summary>Ends the current entry: a file gets its metadata and its name.</summary>
    public ValueTask<RestoreResult> EndEntryAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(_entry is not null);
        cancellationToken.ThrowIfCancellationRequested();
        Attempt(FinishFile);
        return ValueTask.FromResult(TakeResult());
    }

    /// <summary>Ends the current entry as failed, because its data is damaged or did not arrive; what stood there stays.</summary>
    public ValueTask<RestoreResult> FailEntryAsync(string reason)
    {
        Invariant.Check(_entry is not null);
        DropFile();
        _result = Refusal(_entry.Path, RestoreOutcome.Failed, RestoreCause.DataMissing, reason);
        return ValueTask.FromResult(TakeResult());
    }

    /// <summary>Says that entries are missing in what comes: a mirror deletes nothing from here on, for it could be one of them.</summary>
    public void NoteMissingEntries() => _mirror?.Stop();

    /// <summary>Finishes the directories that are still open, and waits for the disk when the options say so.</summary>
    /// <exception cref="LinuxException">The file system could not bring everything to disk.</exception>
    public ValueTask<RestoreSummary> CompleteAsync(CancellationToken cancellationToken)
    {
        Invariant.Check(_entry is null && _stack.IsOpen);
        cancellationToken.ThrowIfCancellationRequested();
        using SafeFileHandle handle = _stack.Complete();
        if (_options.Durable)
        {
            TargetCalls.Sync(handle);
        }

        return ValueTask.FromResult(_summary with
        {
            DirectoryProblems = [.. _stack.Problems, .. _mirror?.Problems ?? []],
            Deleted = _mirror?.Deleted ?? 0,
            NotDeleted = _mirror?.NotDeleted ?? 0,
        });
    }

    /// <summary>Stops: the file being written is removed, unfinished directories stay closed to others, the rest stays.</summary>
    public ValueTask AbortAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        DropFile();
        _stack.Dispose();
    }

    private void Begin(TreeEntry entry)
    {
        string? fault = EntryRules.Fault(entry, _last);
        if (fault is not null)
        {
            _mirror?.Stop();
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InvalidEntry, fault);
        }

        _last = entry.Path;
        if (entry.Path.Length == 0)
        {
            _stack.SetRoot(entry, _options.RootMetadata);
            return;
        }

        RestoreFrame parent = _stack.ParentOf(entry.Path);
        _mirror?.DeleteBefore(parent, entry.Path);
        if (parent.Handle is null)
        {
            PushMissing(entry);
            throw new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.DirectoryMissing, "its directory was not restored");
        }

        _lock = parent.Lock;
        if (entry.Kind == EntryKind.Directory)
        {
            EnterDirectory(parent.Handle, entry);
            return;
        }

        EntryRules.RequireCaptured(entry);
        RequireUnlocked(parent, entry);
        BeginObject(parent.Handle, entry);
    }

    // Before anything is made: where only adding is allowed, a temporary name could never be removed again.
    private void RequireUnlocked(RestoreFrame parent, TreeEntry entry)
    {
        if (parent.Lock is { } reason)
        {
            bool stays = _options.Conflicts == ConflictPolicy.Skip && TargetCalls.Find(parent.Handle!, RestoreFrame.NameOf(entry.Path)) is not null;
            throw stays ? Placement.AlreadyThere() : new RestoreRefusedException(RestoreOutcome.Failed, RestoreCause.InTheWay, reason);
        }
    }

    private void BeginObject(SafeFileHandle directory, TreeEntry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.File:
                FileStatus? existing = TargetCalls.Find(directory, RestoreFrame.NameOf(entry.Path));
                if (existing is { Kind: EntryKind.File } there && _options.Conflicts == ConflictPolicy.Skip)
                {
                    _links.Remember(there.Inode);
                }

                _placement.RequireRoom(existing, directory, entry);
                _file = new FileInProgress(directory, _names.Temporary(), entry);
                break;
            case EntryKind.HardLink:
                _links.Restore(_stack.Frames, entry);
                break;
            default:
                _result = Restored(entry.Path, _objects.Restore(directory, entry));
                break;
        }
    }

    private void EnterDirectory(SafeFileHandle parent, TreeEntry entry)
    {
        try
        {
            RestoreFrame frame = _directories.Enter(parent, entry);
            frame = frame with { Extras = _mirror?.ExtrasOf(entry, frame.Handle!) };
            _stack.Push(frame);
            _result = frame.Metadata is null
                ? Refusal(entry.Path, RestoreOutcome.Skipped, RestoreCause.AlreadyThere, DirectoryRestorer.Kept(frame is { Unflagged: not null, Lock: null }))
                : null;
        }
        catch
        {
            PushMissing(entry);
            throw;
        }
    }

    private void PushMissing(TreeEntry entry)
    {
        if (entry.Kind == EntryKind.Directory)
        {
            _stack.Push(new RestoreFrame(entry.Path, null, null, IsMarked: false));
        }
    }

    private void FinishFile()
    {
        if (_file is null)
        {
            return;
        }

        using FileInProgress file = _file;
        (IReadOnlyList<string> notes, ulong inode) = file.Finish(_metadata, _placement, _flags);
        _links.Remember(inode);
        _result = Restored(_entry!.Path, notes);
    }

    private void Attempt(Action step)
    {
        try
        {
            step();
        }
        catch (RestoreRefusedException e)
        {
            DropFile();
            _result = Refusal(_entry!.Path, e.Outcome, e.Cause, e.Message);
        }
        catch (LinuxException e)
        {
            DropFile();
            RestoreCause cause = e.Error is Errno.NoSpace or Errno.QuotaExceeded ? RestoreCause.NoSpace : RestoreCause.SystemError;
            _result = Refusal(_entry!.Path, RestoreOutcome.Failed, cause, e.Error == Errno.NotPermitted ? _lock ?? e.Message : e.Message);
        }
    }

    private void DropFile()
    {
        _file?.Dispose();
        _file = null;
    }

    private RestoreResult TakeResult()
    {
        RestoreResult result = _result ?? Restored(_entry!.Path, []);
        _file = null;
        _entry = null;
        _result = null;
        _summary = result.Outcome switch
        {
            RestoreOutcome.Restored => _summary with { Restored = _summary.Restored + 1 },
            RestoreOutcome.Skipped => _summary with { Skipped = _summary.Skipped + 1 },
            _ => _summary with { Failed = _summary.Failed + 1 },
        };
        return result;
    }

    private static RestoreResult Restored(byte[] path, IReadOnlyList<string> notes) =>
        new(path, RestoreOutcome.Restored, RestoreCause.None, "", notes);

    private static RestoreResult Refusal(byte[] path, RestoreOutcome outcome, RestoreCause cause, string reason) =>
        new(path, outcome, cause, reason, []);
}
