using System.Threading.Channels;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
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
    // Of up to 256 entries, mostly some 64.
    private const int QueueRuns = 8;

    // Reading more takes longer than looking at the next names once more.
    private const int LongReadBytes = 64 * 1024;

    private readonly Channel<CapturedEntry[]> _queue = Channel.CreateBounded<CapturedEntry[]>(new BoundedChannelOptions(QueueRuns) { SingleReader = true, SingleWriter = true });
    private readonly TreeWalker _walker;
    private readonly CaptureContext _context;
    private readonly FileCapture _files;
    private readonly EntryRun _run;
    private readonly ExtentListWriter _extents;
    private readonly TreeWriter _tree;

    public TreeCapture(TreeWalker walker, PatientReader files, CaptureContext context, DateTimeOffset scanStart)
    {
        _walker = walker;
        _context = context;
        _files = new FileCapture(files, context, scanStart);
        _run = new EntryRun(_files);
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
            await foreach (CapturedEntry[] run in _queue.Reader.ReadAllAsync(stop.Token))
            {
                foreach (CapturedEntry captured in run)
                {
                    await WriteAsync(captured, stop.Token);
                }
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

    public void Dispose()
    {
        _run.Dispose();
        _files.Dispose();
    }

    private async Task WalkAsync(CancellationToken cancellationToken)
    {
        Exception? fault = null;
        try
        {
            while (_walker.MoveNext())
            {
                cancellationToken.ThrowIfCancellationRequested();
                await CaptureAsync(_walker.Current, cancellationToken);
                if (_run.IsFull)
                {
                    await PassOnAsync(cancellationToken);
                }
            }

            await PassOnAsync(cancellationToken);
            await _files.FlushAsync();
        }
#pragma warning disable CA1031 // Not swallowed: it reaches the reader of the queue.
        catch (Exception e)
#pragma warning restore CA1031
        {
            fault = e;
        }

        _queue.Writer.Complete(fault);
    }

    private async ValueTask CaptureAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        ParentFile? parent = await _context.Parent.FindAsync(entry.Path);
        if (entry.State != EntryState.Captured || entry.Kind == EntryKind.HardLink)
        {
            _run.Add(new CapturedEntry(entry));
        }
        else if (entry.Kind == EntryKind.File && UnchangedRule.Holds(entry, parent))
        {
            _context.Meter.AddBytes(entry.Size);
            // An attribute cannot change without the change time.
            _run.Add(new CapturedEntry(entry with { Attributes = parent!.Entry.Attributes }, Same: parent));
        }
        else if (entry.Kind == EntryKind.File)
        {
            await ReadAsync(_walker.HoldFile(), parent, cancellationToken);
        }
        else
        {
            _run.Add(ReadAttributes(entry));
        }
    }

    private CapturedEntry ReadAttributes(TreeEntry entry)
    {
        try
        {
            return new CapturedEntry(entry with { Attributes = _walker.ReadAttributes() });
        }
        catch (IOException e)
        {
            return FileCapture.Unread(entry, e);
        }
    }

    private async ValueTask ReadAsync(FoundFile found, ParentFile? parent, CancellationToken cancellationToken)
    {
        if (EntryRun.Takes(found))
        {
            _run.Add(found, parent);
            return;
        }

        using FoundFile file = found;
        // What was looked at before it does not wait for it.
        await PassOnAsync(cancellationToken);
        CapturedEntry captured = await _files.ReadAsync(file, parent, before: null, cancellationToken);
        if (captured.Entry.Size > LongReadBytes)
        {
            _walker.LookAfresh();
        }

        _run.Add(captured);
    }

    private async ValueTask PassOnAsync(CancellationToken cancellationToken)
    {
        CapturedEntry[] run = await _run.TakeAsync(cancellationToken);
        if (run.Length > 0 && !_queue.Writer.TryWrite(run))
        {
            // The writer may be waiting for a chunk that is still in our hands.
            await _files.FlushAsync();
            await _queue.Writer.WriteAsync(run, cancellationToken);
        }
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
