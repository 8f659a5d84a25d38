using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.Chunking.Pages;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Reading;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Volumes;

/// <summary>Reads the files of one capture: small ones several at once, page-structured ones against their parent, all others by their content. One thread.</summary>
internal sealed class FileCapture : IDisposable
{
    private readonly PatientReader _files;
    private readonly CaptureContext _context;
    private readonly DateTimeOffset _scanStart;
    private readonly ContentReader _contents;

    public FileCapture(PatientReader files, CaptureContext context, DateTimeOffset scanStart)
    {
        _files = files;
        _context = context;
        _scanStart = scanStart;
        _contents = new ContentReader(context.Chunks, context.Terms.CutterKey, context.Meter);
    }

    /// <summary>Reads one file; one that changes meanwhile is read again.</summary>
    /// <param name="file">The file.</param>
    /// <param name="parent">Its entry in the parent snapshot.</param>
    /// <param name="before">What a first reading, together with others, came to; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async ValueTask<CapturedEntry> ReadAsync(FoundFile file, ParentFile? parent, CapturedEntry? before, CancellationToken cancellationToken)
    {
        CapturedEntry captured = await ReadAgain.RunAsync(
            isFirst => isFirst && before is not null ? ValueTask.FromResult(before) : ReadOnceAsync(file, isFirst ? parent : null, cancellationToken),
            file.LookAgain);
        if (captured.Entry.State is EntryState.Vanished or EntryState.Unreadable)
        {
            file.ForgetLink();
        }

        return captured;
    }

    /// <summary>Reads small files together, and makes what they hold into chunks; null for one that has to be read alone.</summary>
    public async ValueTask<CapturedEntry?[]> ReadTogetherAsync(IReadOnlyList<FoundFile> files)
    {
        SmallRead[] reads = _files.ReadTogether([.. files.Select(file => (Func<FileReader>)file.Open)]);
        CapturedEntry?[] captured = new CapturedEntry?[reads.Length];
        for (int i = 0; i < reads.Length; i++)
        {
            TreeEntry entry = files[i].Entry;
            captured[i] = reads[i] switch
            {
                { File: { } small } => await TakeAsync(entry, small),
                { Fault: { } fault } => Unread(entry, fault),
                _ => null,
            };
        }

        return captured;
    }

    /// <summary>Hands over what is gathered, so that everything read so far gets resolved.</summary>
    public ValueTask FlushAsync() => _contents.FlushAsync();

    public void Dispose() => _contents.Dispose();

    /// <summary>The entry of something whose reading failed.</summary>
    public static CapturedEntry Unread(TreeEntry entry, IOException e)
    {
        bool gone = e is LinuxException { IsGone: true };
        return new CapturedEntry(entry with { State = gone ? EntryState.Vanished : EntryState.Unreadable, Reason = e.Message });
    }

    private async ValueTask<CapturedEntry> TakeAsync(TreeEntry entry, SmallFile small)
    {
        PendingContent pending = new();
        await _contents.AddAsync(pending, small.DataStart, small.Data);
        pending.Seal();
        _context.Meter.AddBytes(small.Size);
        return new CapturedEntry(Describe(entry, small.Status, small.Attributes, small.Size, small.HasChanged), Pending: pending);
    }

    private async ValueTask<CapturedEntry> ReadOnceAsync(FoundFile file, ParentFile? parent, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadContentAsync(file, parent, cancellationToken);
        }
        catch (IOException e)
        {
            return Unread(file.Entry, e);
        }
    }

    private async ValueTask<CapturedEntry> ReadContentAsync(FoundFile found, ParentFile? parent, CancellationToken cancellationToken)
    {
        using PatientFile file = _files.Open(found.Open);
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

        TreeEntry read = Describe(found.Entry, file.Status, file.Attributes, file.Size, file.HasChanged());
        return ready is null ? new CapturedEntry(read, Pending: pending) : new CapturedEntry(read, Ready: ready);
    }

    private TreeEntry Describe(TreeEntry entry, FileStatus status, IReadOnlyList<ExtendedAttribute> attributes, long size, bool hasChanged)
    {
        TreeEntry read = entry with
        {
            Attributes = attributes,
            Mode = status.Permissions,
            Flags = status.Flags,
            Uid = status.Uid,
            Gid = status.Gid,
            Size = size,
            ModifiedAt = status.ModifiedAt,
            ChangedAt = status.ChangedAt,
        };
        return hasChanged
            ? read with { State = EntryState.ChangedWhileRead, Reason = "it changed while it was read", Inode = 0 }
            : UnchangedRule.Stored(read, _scanStart);
    }

    // Below this a page-structured file is hardly rewritten page by page, and its digests would not pay.
    private static int PageBytes(PatientFile file)
    {
        const long pagedBytesMin = 1024 * 1024;
        Span<byte> head = stackalloc byte[PageFormat.HeadBytes];
        return file.Status.Size >= pagedBytesMin && file.Read(0, head) == head.Length ? PageFormat.Detect(head) : 0;
    }
}
