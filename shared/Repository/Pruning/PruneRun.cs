using System.Security.Cryptography;
using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Snapshots;

namespace K8sBackup.Repository.Pruning;

/// <summary>One prune, or the plan of one: the steps and their order. For one use.</summary>
internal sealed class PruneRun
{
    private readonly PruneContext _context;
    private readonly PruneRequest _request;
    private readonly bool _execute;
    private readonly PackSurvey _survey;
    private readonly ManifestPruner _manifests;
    private readonly LiveMarker _marker;
    private readonly IncrementalHash _marked = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _snapshots;
    private bool _marksAreComplete = true;

    public PruneRun(PruneContext context, PruneRequest request, bool execute)
    {
        _context = context;
        _request = request;
        _execute = execute;
        _survey = new PackSurvey(context);
        _manifests = new ManifestPruner(context, request);
        _marker = new LiveMarker(context.Repository, context.Options, context.Writer.Options.PackTargetBytes);
    }

    public async Task<PruneReport> RunAsync(IReadOnlyList<KnownTombstone> vanished, CancellationToken cancellationToken)
    {
        // Segments of the writer before that were not listed yet when this one opened, and those that were read badly then.
        await _context.Repository.RefreshAsync(cancellationToken);

        // Before any manifest is listed: whoever began before a tombstone and is over now has committed what is listed, or never will.
        List<KnownTombstone> due = FindDue();
        uint firstInUse = _context.Writer.Sessions.FirstPackInUse();
        await _manifests.ReadAsync(cancellationToken);
        bool clockIsRight = CheckClock();
        if (clockIsRight)
        {
            await _manifests.DeleteAsync(_execute, cancellationToken);
        }

        await _survey.ListAsync(cancellationToken);
        Forget(vanished);
        if (clockIsRight && _execute)
        {
            await DeleteUnreadableTombstonesAsync(cancellationToken);
        }

        if (_execute)
        {
            // What was put before the listing is in the index now, or never will be.
            await _context.Writer.FlushAsync(cancellationToken);
        }

        DueSweep sweep = new(_context, _survey);
        Condemning condemning = new(_context);
        PackSelection selection = PackSelection.Nothing();
        _context.Repository.Index.BeginMark();
        try
        {
            await MarkAsync(cancellationToken);
            _survey.Take(_marksAreComplete, _marker.Missing);
            if (clockIsRight && _marksAreComplete)
            {
                await sweep.RunAsync(due, _execute, cancellationToken);
                uint inUse = Math.Min(firstInUse, _context.Writer.Sessions.FirstPackInUse());
                selection = PackSelection.Make(_survey, _marker.Scattered, inUse, _context.Options, _context.Writer.Options.PackTargetBytes);
                if (_execute)
                {
                    await condemning.RunAsync(selection, _snapshots, _marked.GetCurrentHash(), cancellationToken);
                }
            }
        }
        finally
        {
            _context.Repository.Index.EndMark();
        }

        (int Before, int After) segments = await CompactAsync(cancellationToken);
        long extended = clockIsRight ? await ExtendRetentionAsync(cancellationToken) : 0;
        return Report(sweep, condemning, selection, segments) with { RetentionExtended = extended };
    }

    private List<KnownTombstone> FindDue()
    {
        List<KnownTombstone> due = [];
        DateTimeOffset now = _context.Now;
        foreach (KnownTombstone tombstone in _context.Writer.Tombstones.All)
        {
            bool isOld = now >= tombstone.Tombstone.CreatedAt + _context.Options.Grace
                && _context.Clock.GetElapsedTime(tombstone.LearnedAt) >= _context.Options.Settle;
            if (isOld && _context.Writer.Sessions.AnyBefore(tombstone.At, _context.Options.Settle))
            {
                _context.Meet(PruneObstacleKind.Upload, $"{tombstone.Tombstone.ObjectName} waits for an upload that is older.");
            }
            else if (isOld)
            {
                due.Add(tombstone);
            }
        }

        return due;
    }

    private bool CheckClock()
    {
        IEnumerable<DateTimeOffset> recorded = _manifests.RecordedTimes.Concat(_context.Writer.Tombstones.All.Select(t => t.Tombstone.CreatedAt));
        string? fault = _request.TrustClock ? null : ClockGuard.Judge(recorded, _context);
        if (fault is not null)
        {
            _context.Meet(PruneObstacleKind.Clock, fault);
        }

        return fault is null;
    }

    // A tombstone that is gone was ended by the writer before: its packs are gone, or rescued.
    private void Forget(IReadOnlyList<KnownTombstone> vanished)
    {
        foreach (KnownTombstone tombstone in vanished)
        {
            _context.Writer.Tombstones.Remove(tombstone);
            ObjectId[] packs = [.. tombstone.Tombstone.Packs.Select(p => p.Id).Except(_context.Writer.Tombstones.Packs())];
            _context.Repository.Index.Drop([.. packs.Where(p => !_survey.IsInStore(p))]);
            _context.Repository.Index.Pardon(packs.Where(_survey.IsInStore));
            _context.Repository.Index.Sweep();
        }
    }

    // It condemns nothing any more; what it condemned is found again. One that could be read before is known: it ends after its packs.
    private async Task DeleteUnreadableTombstonesAsync(CancellationToken cancellationToken)
    {
        HashSet<string> known = [.. _context.Writer.Tombstones.All.Select(t => t.Tombstone.ObjectName)];
        foreach (RepositoryCorruptException damage in _context.Writer.Tombstones.Damaged.Where(d => !known.Contains(d.ObjectName)))
        {
            await _context.DeleteAsync(damage.ObjectName, cancellationToken);
        }
    }

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        HashSet<SnapshotId> leaving = [.. _manifests.Snapshots];
        await foreach (SnapshotEntry entry in _context.Repository.Catalog.SnapshotsAsync(null, cancellationToken))
        {
            if (entry.Id is { } id && leaving.Contains(id))
            {
                continue;
            }

            _marked.AppendData(Encoding.ASCII.GetBytes(entry.ObjectName));
            try
            {
                await _marker.MarkAsync(entry.Manifest ?? throw entry.Damage!, cancellationToken);
            }
            catch (RepositoryCorruptException e)
            {
                _marksAreComplete = false;
                _context.Meet(PruneObstacleKind.DamagedManifest, $"{e.Message}: what {entry.ObjectName} needs is not known, so no pack is deleted.");
            }

            _context.Report("marking", ++_snapshots, Math.Max(_snapshots, _manifests.SnapshotCount - leaving.Count));
        }

        if (_request.AlsoLive is { } alsoLive)
        {
            await foreach (ChunkId chunk in alsoLive(cancellationToken))
            {
                _marker.MarkIfPresent(chunk);
            }
        }
    }

    private async Task<(int Before, int After)> CompactAsync(CancellationToken cancellationToken)
    {
        if (_execute)
        {
            IndexRewrite rewrite = await IndexCompactor.RewriteAsync(_context.Writer, new HashSet<ObjectId>(), cancellationToken);
            return (rewrite.Before, rewrite.After);
        }

        int segments = await IndexCompactor.CountAsync(_context.Writer, cancellationToken);
        return (segments, segments);
    }

    // After all else: what goes is gone, and new segments are written. When marks are not complete, what is known to be needed is kept.
    private async Task<long> ExtendRetentionAsync(CancellationToken cancellationToken)
    {
        if (!_execute || _context.Options.Keeping is not { } keeping)
        {
            return 0;
        }

        // What was copied above is condemned, and its copy has the store's retention already.
        HashSet<ObjectId> condemned = [.. _context.Writer.Tombstones.Packs()];
        RetentionExtension extension = new(_context, keeping);
        await extension.RunAsync(_survey.Packs.Where(p => !condemned.Contains(p.Pack.Header.Id)), _manifests.LeavingNames, cancellationToken);
        return extension.Extended;
    }

    private PruneReport Report(DueSweep sweep, Condemning condemning, PackSelection selection, (int Before, int After) segments)
    {
        List<PackLiveness> repack = selection.Repack;
        PackTally planned = new(repack.Count, repack.Sum(p => p.Pack.PackBytes));
        PackTally free = new(selection.Free.Count, selection.Free.Sum(p => p.Bytes));
        PackTally copies = new(repack.Count > 0 ? 1 : 0, repack.Sum(p => p.Pack.PackBytes * p.LiveBytes / Math.Max(1, p.PlainBytes)));
        IReadOnlyList<KnownTombstone> waiting = _context.Writer.Tombstones.All;
        PackTally inTombstones = new(waiting.Sum(t => (long)t.Tombstone.Packs.Count), waiting.Sum(t => t.Tombstone.Packs.Sum(p => p.Bytes)));
        return new PruneReport
        {
            IsPlan = !_execute,
            Obstacles = _context.Obstacles,
            RestorePoints = _manifests.RestorePoints,
            Snapshots = _manifests.Snapshots,
            Total = _survey.Total,
            Deleted = sweep.Deleted,
            Rescued = sweep.Rescued,
            Locked = sweep.Locked,
            Condemned = _execute ? condemning.Condemned : free + planned,
            Repacked = _execute ? condemning.Repacked : planned,
            Written = _execute ? condemning.Written : copies,
            Waiting = _execute ? inTombstones : inTombstones + free + planned,
            NextDue = waiting.Count > 0 ? waiting[0].Tombstone.CreatedAt + _context.Options.Grace : null,
            Decisions = selection.Decisions,
            Reasons = selection.Reasons,
            SegmentsBefore = segments.Before,
            SegmentsAfter = segments.After,
        };
    }
}
