using K8sBackup.Agent.Download;
using K8sBackup.Agent.Session;
using K8sBackup.FileTree.Restoring;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using EntryState = K8sBackup.Model.Trees.EntryState;
using ItemOutcome = K8sBackup.Model.Manifests.ItemOutcome;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// Restores a tree of files as it comes in. An entry that cannot be restored is reported and the rest goes on; a stream
/// that does not end properly, or a target without room, ends the whole, and what was being written is removed.
/// </summary>
internal sealed class FilesRestore : IDisposable
{
    // A report must fit a message of the session.
    private const int ListedCharactersMax = 400_000;
    private const int PathLengthMax = 1024;

    private readonly FilesTarget _target;
    private readonly TreeRestorer _restorer;
    private readonly RestoreReport _report = new();
    private int _characters;
    private long _lost;

    public FilesRestore(FilesTarget target, string workId, RestoreFilesOptions options)
    {
        _target = target;
        _restorer = new TreeRestorer(target.Directory!, FilesOptions.For(target, workId, options));
    }

    /// <exception cref="BackupException">The restore ended early; nothing is left half-written.</exception>
    public async Task<RestoreReport> RunAsync(IRestoreItems feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            await RestoreAsync(feed, decoder, meter, cancellationToken);
            RestoreSummary summary = await _restorer.CompleteAsync(cancellationToken);
            RequireStill();
            foreach (RestoreResult problem in summary.DirectoryProblems)
            {
                List(problem, problem.Reason.Length > 0 ? problem.Reason : string.Join("; ", problem.Notes));
            }

            _report.EntriesRestored = summary.Restored;
            _report.EntriesSkipped = summary.Skipped;
            _report.EntriesDeleted = summary.Deleted;
            _report.Failed = summary.Failed + summary.NotDeleted + _lost;
            _report.Notes.Add($"Restored into {_target.NodePath}.");
            return _report;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            RequireStill();
            FailureCause cause = e is InvalidDataException ? FailureCause.ProtocolViolation : FailureCause.TargetUnusable;
            throw new BackupException(cause, $"The restore into {_target.NodePath} ended early: {e.Message}", e);
        }
    }

    // What was written into a volume that nobody has any more is no restore, whatever the file system said.
    private void RequireStill()
    {
        if (_target.WhyGone() is { } gone)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"The volume went away while it was restored into. {gone}");
        }
    }

    /// <summary>Removes what is half-written; after a completed restore there is nothing.</summary>
    public void Dispose() => _restorer.Dispose();

    private async Task RestoreAsync(IRestoreItems feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        TreeEntry? entry = null;
        bool wanted = false;
        string damage = "";
        while (await feed.NextAsync(cancellationToken) is { } item)
        {
            switch (item.ItemCase)
            {
                case RestoreItem.ItemOneofCase.Entry when entry is null:
                    entry = EntryMapping.ToModel(item.Entry);
                    damage = "";
                    wanted = await _restorer.BeginEntryAsync(entry, cancellationToken);
                    break;
                case RestoreItem.ItemOneofCase.Data when entry is not null:
                    (wanted, damage) = wanted && damage.Length == 0 ? await WriteAsync(item.Data, decoder, cancellationToken) : (wanted, damage);
                    meter.AddBytes(item.Data.Take);
                    break;
                case RestoreItem.ItemOneofCase.Loss when entry is not null && !item.Loss.IsTree:
                    damage = item.Loss.Reason;
                    break;
                case RestoreItem.ItemOneofCase.Loss when entry is null && item.Loss.IsTree:
                    TakeLoss(item.Loss);
                    break;
                case RestoreItem.ItemOneofCase.End when entry is not null:
                    Take(damage.Length > 0 ? await _restorer.FailEntryAsync(damage) : await _restorer.EndEntryAsync(cancellationToken));
                    meter.AddFile();
                    entry = null;
                    break;
                default:
                    throw new InvalidDataException("the stream's items are out of order");
            }
        }

        if (entry is not null)
        {
            throw new InvalidDataException("the stream ends within an entry");
        }
    }

    private async ValueTask<(bool Wanted, string Damage)> WriteAsync(Data data, ChunkDecoder decoder, CancellationToken cancellationToken)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = decoder.Decode(data);
            bool wanted = await _restorer.WriteAsync(data.FileOffset, bytes, cancellationToken);
            _report.BytesRestored += bytes.Length;
            return (wanted, "");
        }
        catch (BackupException e) when (e.Failure.Cause == FailureCause.StoreCorrupt)
        {
            return (false, e.Failure.Message);
        }
    }

    private void Take(RestoreResult result)
    {
        if (result.Cause == RestoreCause.NoSpace)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"There is no room left at {_target.NodePath}; {TreePath.Display(result.Path)} could not be written.");
        }

        if (result.Outcome == RestoreOutcome.Failed)
        {
            _report.Refused += result.Cause == RestoreCause.InvalidEntry ? 1 : 0;
            List(result, result.Reason);
        }
        else if (result.Notes.Count > 0)
        {
            List(result, string.Join("; ", result.Notes));
        }
    }

    // Entries whose very names are lost.
    private void TakeLoss(Loss loss)
    {
        _lost += loss.Entries;
        _restorer.NoteMissingEntries();
        List(loss.FirstPath.ToByteArray(), EntryState.Unreadable, loss.Reason);
    }

    private void List(RestoreResult result, string reason) =>
        List(result.Path, result.Outcome == RestoreOutcome.Failed ? EntryState.Unreadable : EntryState.RecordedOnly, reason);

    private void List(byte[] pathBytes, EntryState state, string reason)
    {
        string path = TreePath.Display(pathBytes);
        path = path.Length <= PathLengthMax ? path : path[..PathLengthMax] + "...";
        reason = reason.Length <= ItemOutcome.ReasonLengthMax ? reason : reason[..ItemOutcome.ReasonLengthMax];
        if (_report.Items.Count < ItemOutcome.ListedMax && _characters + path.Length + reason.Length <= ListedCharactersMax)
        {
            _characters += path.Length + reason.Length;
            _report.Items.Add(EntryMapping.ToWire(new ItemOutcome(path, state, reason)));
        }
    }
}
