using System.Threading.Channels;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.Chunking.Pages;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>
/// Captures a directory tree: one task walks, merge-joins with the parent's entries and reads what changed; workers hash
/// and compress; the caller's task writes the tree in order behind them. Between the tasks are bounded queues, so that
/// memory depends on neither the number nor the size of files.
/// </summary>
internal sealed class TreeCapture : IDisposable
{
    private const int QueueEntries = 1024;

    // Reading more takes longer than looking at the next names once more.
    private const int LongReadBytes = 64 * 1024;

    private readonly Channel<CapturedEntry> _queue = Channel.CreateBounded<CapturedEntry>(new BoundedChannelOptions(QueueEntries) { SingleReader = true, SingleWriter = true });
    private readonly TreeWalker _walker;
    private readonly CaptureContext _context;
    private readonly DateTimeOffset _scanStart;
    private readonly ContentReader _contents;
    private readonly PatientReader _files;
    private readonly ExtentListWriter _extents;
    private readonly TreeWriter _tree;

    public TreeCapture(TreeWalker walker, PatientReader files, CaptureContext context, DateTimeOffset scanStart)
    {
        _walker = walker;
        _context = context;
        _scanStart = scanStart;
        _contents = new ContentReader(context.Chunks, context.Terms.CutterKey, context.Meter);
        _files = files;
        _extents = new ExtentListWriter(context.Chunks.Metadata);
        _tree = new TreeWriter(context.Chunks.Metadata);
    }

    public CaptureTally Tally { get; } = new();

    /// <summary>Captures everything the walk gives; the result is the root of the tree.</summary>
    /// <exception cref="IOException">The root directory cannot be read.</exception>
    public async Task<TreeRoot> RunAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _context.Chunks.Broken);
        Task walking = Task.Run(() => WalkAsync(stop.Token), CancellationToken.None);
        try
        {
            await foreach (CapturedEntry captured in _queue.Reader.ReadAllAsync(stop.Token))
            {
                await WriteAsync(captured, stop.Token);
            }

            await walking;
            return await _tree.FinishAsync(stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await walking.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public void Dispose() => _contents.Dispose();

    private async Task WalkAsync(CancellationToken cancellationToken)
    {
        Exception? fault = null;
        try
        {
            while (_walker.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                CapturedEntry captured = await CaptureAsync(_walker.Current, cancellationToken);
                if (!_queue.Writer.TryWrite(captured))
                {
                    // The writer may be waiting for a chunk that is still in our hands.
                    await _contents.FlushAsync();
                    await _queue.Writer.WriteAsync(captured, cancellationToken);
                }
            }

            await _contents.FlushAsync();
        }
#pragma warning disable CA1031 // Not swallowed: it reaches the reader of the queue.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        _queue.Writer.Complete(fault);
    }

    private async ValueTask<CapturedEntry> CaptureAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        ParentFile? parent = await _context.Parent.FindAsync(entry.Path);
        if (entry.State != EntryState.Captured || entry.Kind == EntryKind.HardLink)
        {
            return new CapturedEntry(entry);
        }

        if (entry.Kind == EntryKind.File && UnchangedRule.Holds(entry, parent))
        {
            _context.Meter.AddBytes(entry.Size);
            // An attribute cannot change without the change time.
            return new CapturedEntry(entry with { Attributes = parent!.Entry.Attributes }, Same: parent);
        }

        return entry.Kind == EntryKind.File ? await ReadAsync(parent, cancellationToken) : ReadAttributes(entry);
    }

    private CapturedEntry ReadAttributes(TreeEntry entry)
    {
        try
        {
            return new CapturedEntry(entry with { Attributes = _walker.ReadAttributes() });
        }
        catch (IOException e)
        {
            return Unread(entry, e);
        }
    }

    private async ValueTask<CapturedEntry> ReadAsync(ParentFile? parent, CancellationToken cancellationToken)
    {
        CapturedEntry captured = await ReadAgain.RunAsync(
            isFirst => ReadOnceAsync(_walker.Current, isFirst ? parent : null, cancellationToken), _walker.LookAgain);
        if (captured.Entry.State is EntryState.Vanished or EntryState.Unreadable)
        {
            _walker.ForgetLink();
        }

        if (captured.Entry.Size > LongReadBytes)
        {
            _walker.LookAfresh();
        }

        return captured;
    }

    private async ValueTask<CapturedEntry> ReadOnceAsync(TreeEntry entry, ParentFile? parent, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadContentAsync(entry, parent, cancellationToken);
        }
        catch (IOException e)
        {
            return Unread(entry, e);
        }
    }

    private static CapturedEntry Unread(TreeEntry entry, IOException e)
    {
        bool gone = e is LinuxException { IsGone: true };
        return new CapturedEntry(entry with { State = gone ? EntryState.Vanished : EntryState.Unreadable, Reason = e.Message });
    }

    private async ValueTask<CapturedEntry> ReadContentAsync(TreeEntry entry, ParentFile? parent, CancellationToken cancellationToken)
    {
        using PatientFile file = _files.Open(_walker.OpenFile);
        int pageBytes = PageBytes(file);
        PendingContent pending = new();
        FileContent? ready = null;
        if (pageBytes > 0)
        {
            ready = await PageFile.CaptureAsync(file.Read, file.Status.Size, pageBytes, parent, _context, cancellationToken);
        }
        else
        {
            await _contents.ReadAsync(file, pending, cancellationToken);
        }

        FileStatus status = file.Status;
        TreeEntry read = entry with
        {
            Attributes = file.Attributes,
            Mode = status.Permissions,
            Flags = status.Flags,
            Uid = status.Uid,
            Gid = status.Gid,
            Size = file.Size,
            ModifiedAt = status.ModifiedAt,
            ChangedAt = status.ChangedAt,
        };
        read = file.HasChanged()
            ? read with { State = EntryState.ChangedWhileRead, Reason = "it changed while it was read", Inode = 0 }
            : UnchangedRule.Stored(read, _scanStart);
        return ready is null ? new CapturedEntry(read, Pending: pending) : new CapturedEntry(read, Ready: ready);
    }

    // Below this a page-structured file is hardly rewritten page by page, and its digests would not pay.
    private static int PageBytes(PatientFile file)
    {
        const long pagedBytesMin = 1024 * 1024;
        Span<byte> head = stackalloc byte[PageFormat.HeadBytes];
        return file.Status.Size >= pagedBytesMin && file.Read(0, head) == head.Length ? PageFormat.Detect(head) : 0;
    }

    private async ValueTask WriteAsync(CapturedEntry captured, CancellationToken cancellationToken)
    {
        TreeEntry entry = captured.Entry with { Content = await ContentAsync(captured, cancellationToken) };
        if (!_tree.Fits(entry))
        {
            entry = entry with { Attributes = [], Content = FileContent.Empty, State = EntryState.Unreadable, Reason = "its attributes are too large" };
        }

        Tally.Add(entry);
        await _tree.AddAsync(entry, cancellationToken);
        if (entry.Kind == EntryKind.File)
        {
            _context.Meter.AddFile();
        }
    }

    private async ValueTask<FileContent> ContentAsync(CapturedEntry captured, CancellationToken cancellationToken)
    {
        if (captured.Ready is not null)
        {
            return captured.Ready;
        }

        IReadOnlyList<Extent> extents = captured.Same?.Extents ?? [];
        if (captured.Pending is { } pending)
        {
            await pending.Completion.WaitAsync(cancellationToken);
            extents = pending.Extents;
        }

        foreach (Extent extent in extents)
        {
            await _extents.AddAsync(extent, cancellationToken);
        }

        FileContent content = await _extents.FinishAsync(cancellationToken);
        return captured.Same is { PageBytes: > 0 } same
            ? content with { PageBytes = same.PageBytes, PageDigestChunks = [.. same.PageDigests.Select(chunk => ChunkId.Of(chunk))] }
            : content;
    }
}
