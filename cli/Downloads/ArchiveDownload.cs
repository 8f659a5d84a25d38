using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using TreeEntryKind = K8sBackup.Model.Trees.EntryKind;
using TreeEntryState = K8sBackup.Model.Trees.EntryState;

namespace K8sBackup.Cli.Downloads;

/// <summary>
/// Turns a restore stream into an archive, one item at a time. The order of the stream is checked, every chunk is
/// hashed again, and the archive is finished only when the stream says it is complete and its counts agree.
/// </summary>
internal sealed class ArchiveDownload
{
    private const int SkippedListedMax = 1000;

    private readonly IArchiveWriter _archive;
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);
    private readonly List<SkippedEntry> _skipped = [];
    private TreeEntry? _open;
    private bool _isWritten;
    private long _openBytes;
    private bool _isDone;
    private long _entries;
    private long _bytes;
    private long _skippedCount;
    private long _failed;

    public ArchiveDownload(IArchiveWriter archive) => _archive = archive;

    /// <summary>Entries and bytes so far.</summary>
    public (long Entries, long Bytes) Position => (_entries, _bytes);

    /// <summary>Writes the whole stream.</summary>
    /// <param name="messages">The stream.</param>
    /// <param name="file">Name for the summary.</param>
    /// <param name="onMessage">Called after every message.</param>
    /// <param name="cancellationToken">Ends the download.</param>
    /// <exception cref="BackupException">The stream ended early, is out of order, or a chunk does not hash to its id.</exception>
    public async Task<DownloadSummary> RunAsync(IAsyncEnumerable<RestoreMessage> messages, string file, Action onMessage, CancellationToken cancellationToken)
    {
        await foreach (RestoreMessage message in messages.WithCancellation(cancellationToken))
        {
            foreach (RestoreItem item in message.Items)
            {
                await TakeAsync(item, cancellationToken);
            }

            onMessage();
        }

        if (!_isDone)
        {
            throw new BackupException(FailureCause.NodeUnavailable, "The download ended before it was complete.");
        }

        await _archive.FinishAsync(_skipped, cancellationToken);
        return new DownloadSummary { File = file, Entries = _entries, Bytes = _bytes, Failed = _failed, Skipped = _skipped, SkippedCount = _skippedCount };
    }

    private async ValueTask TakeAsync(RestoreItem item, CancellationToken cancellationToken)
    {
        Require(!_isDone, "something follows its end");
        switch (item.ItemCase)
        {
            case RestoreItem.ItemOneofCase.Entry:
                Require(_open is null, "an entry begins inside another");
                await BeginAsync(EntryMapping.ToModel(item.Entry), cancellationToken);
                break;
            case RestoreItem.ItemOneofCase.Data:
                await WriteAsync(item.Data, cancellationToken);
                break;
            case RestoreItem.ItemOneofCase.Loss when item.Loss.IsTree:
                Require(_open is null, "entries are lost inside an entry");
                Skip(item.Loss.FirstPath.ToByteArray(), item.Loss.Reason, item.Loss.Entries);
                break;
            case RestoreItem.ItemOneofCase.Loss:
                Require(_open is { Kind: TreeEntryKind.File }, "content is lost that belongs to no file");
                Skip(_open.Path, $"zeros from byte {_openBytes} on; {item.Loss.Reason}", 1);
                break;
            case RestoreItem.ItemOneofCase.End:
                Require(_open is not null, "an entry ends that never began");
                if (_isWritten)
                {
                    await _archive.EndAsync(cancellationToken);
                }

                _open = null;
                break;
            case RestoreItem.ItemOneofCase.Done:
                Require(_open is null && item.Done.Entries == _entries, "its count of entries does not agree");
                _isDone = true;
                break;
            default:
                Require(false, "it has an item of no known kind");
                break;
        }
    }

    private async ValueTask BeginAsync(TreeEntry entry, CancellationToken cancellationToken)
    {
        _open = entry;
        _openBytes = 0;
        _entries++;
        string? reason = ReasonToSkip(entry);
        _isWritten = reason is null;
        if (reason is not null)
        {
            Skip(entry, reason);
            return;
        }

        if (entry is { Kind: TreeEntryKind.Directory, State: TreeEntryState.RecordedOnly })
        {
            Skip(entry, $"empty: {entry.Reason}");
        }

        if (entry.State == TreeEntryState.ChangedWhileRead)
        {
            Skip(entry, "changed while it was read; its bytes may be of two moments");
        }

        if (_archive.Change(entry) is { } change)
        {
            Skip(entry.Path, change, 0);
        }

        if (entry.Kind == TreeEntryKind.File)
        {
            _files.Add(Convert.ToBase64String(entry.Path));
        }

        await _archive.BeginAsync(entry, cancellationToken);
    }

    private async ValueTask WriteAsync(Data data, CancellationToken cancellationToken)
    {
        Require(_open is { Kind: TreeEntryKind.File }, "bytes belong to no file");
        Require(data.FileOffset >= _openBytes && data.Take > 0 && data.FileOffset + data.Take <= _open!.Size, "bytes lie outside their file or before others");
        _openBytes = data.FileOffset + data.Take;
        if (_isWritten)
        {
            ReadOnlyMemory<byte> plaintext = ChunkPayload.Open(data);
            await _archive.WriteAsync(data.FileOffset, plaintext.Slice(data.Skip, data.Take), cancellationToken);
            _bytes += data.Take;
        }
    }

    private string? ReasonToSkip(TreeEntry entry) => entry switch
    {
        { State: TreeEntryState.Vanished or TreeEntryState.Unreadable } => entry.Reason.Length > 0 ? entry.Reason : $"not captured ({entry.State})",
        { Kind: TreeEntryKind.Unknown, State: TreeEntryState.RecordedOnly } => entry.Reason,
        { Kind: TreeEntryKind.Unknown } => "of no known kind",
        { Kind: TreeEntryKind.HardLink } when !_files.Contains(Convert.ToBase64String(entry.LinkTarget)) =>
            $"a hard link to {TreePath.Display(entry.LinkTarget)}, which is not in the archive; download that, too",
        _ => _archive.Refusal(entry),
    };

    private void Skip(TreeEntry entry, string reason) => Skip(entry.Path, reason, entry.State == TreeEntryState.RecordedOnly ? 0 : 1);

    private void Skip(byte[] path, string reason, long failed)
    {
        _skippedCount += Math.Max(1, failed);
        _failed += failed;
        if (_skipped.Count < SkippedListedMax)
        {
            _skipped.Add(new SkippedEntry(TreePath.Display(path), reason));
        }
    }

    private static void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
        {
            throw new BackupException(FailureCause.ProtocolViolation, $"The coordinator's stream is out of order: {fault}.");
        }
    }
}
