using System.Globalization;
using K8sBackup.Agent.Download;
using K8sBackup.Agent.Etcd;
using K8sBackup.Agent.Session;
using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Agent.Restore;

/// <summary>
/// Restores the data-dir of one etcd member: (1) finish an earlier try of the same work that died within its swap,
/// (2) refuse while an etcd holds the data, (3) download the snapshot into the data-dir's file system, (4) build and verify
/// the new member beside the old one, (5) note the report, (6) swap by journal, keeping the old member, (7) tidy up.
/// Until (6) nothing that was there is touched; a fault in (6) is rolled back.
/// </summary>
internal sealed class EtcdRestore
{
    private readonly EtcdRestorePlan _plan;
    private readonly EtcdRestoreRecord _record;
    private readonly DataDirSwap _swap;
    private readonly ILogger _log;

    public EtcdRestore(EtcdRestorePlan plan, EtcdRestoreRecord record, ILogger log)
    {
        _plan = plan;
        _record = record;
        _swap = new DataDirSwap(plan.Target);
        _log = log;
    }

    /// <exception cref="BackupException">It failed; what was there is there.</exception>
    public async Task<RestoreReport> RunAsync(RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        try
        {
            // (1)
            if (FinishEarlierTry() is { } report)
            {
                return report;
            }

            // (2)
            RefuseWhileInUse();
            return await RestoreAsync(feed, decoder, meter, cancellationToken);
        }
        catch (Exception e) when (EtcdErrors.Restoring(e) is { } failure)
        {
            throw failure;
        }
    }

    private RestoreReport? FinishEarlierTry()
    {
        if (!Directory.Exists(_plan.Target.DataDirectory) || _swap.ReadPhase() is not { } phase)
        {
            return null;
        }

        RestoreLog.EtcdSwapFound(_log, _plan.Target.Id, _plan.Target.DataDirectory, phase.ToString());
        _swap.Resume();
        if (_swap.ReadPhase() != SwapPhase.SwappedIn)
        {
            return null;
        }

        RemoveStaged();
        return _record.Read() ?? new RestoreReport { Notes = { "The swap was finished after a restart of the agent." }, Etcd = new EtcdRestoreReport { DataDir = _plan.NodeDataDirectory } };
    }

    private void RefuseWhileInUse()
    {
        using DataDirLock held = DataDirLock.TryAcquire(_plan.Target.MemberDirectory, _plan.Target.WalDirectory);
        if (held.Use is not (DataDirUse.Free or DataDirUse.NoMember))
        {
            throw new BackupException(
                FailureCause.TargetInUse,
                $"A running etcd holds {_plan.NodeDataDirectory} ({held.Use}). Stop it first: move its manifest out of /etc/kubernetes/manifests, and those of all API servers before.");
        }
    }

    private async Task<RestoreReport> RestoreAsync(RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        bool created = !Directory.Exists(_plan.Target.DataDirectory);
        Directory.CreateDirectory(_plan.Target.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bool swapped = false;
        try
        {
            RemoveStaged();
            // (3)
            meter.Begin("downloading");
            long bytes = await SnapshotDownload.RunAsync(feed, decoder, _plan.SnapshotFile, meter, cancellationToken);
            // (4)
            meter.Begin("building");
            DataDirRequest request = await RequestAsync(cancellationToken);
            BuiltDataDir built = await new DataDirBuilder().BuildAsync(request, cancellationToken);
            // (5)
            RestoreReport report = Report(built, bytes);
            _record.Write(report);
            // (6)
            cancellationToken.ThrowIfCancellationRequested();
            meter.Begin("swapping");
            Swap();
            swapped = true;
            return report;
        }
        finally
        {
            // (7)
            RemoveStaged();
            if (created && !swapped && !Directory.EnumerateFileSystemEntries(_plan.Target.DataDirectory).Any())
            {
                Directory.Delete(_plan.Target.DataDirectory);
            }
        }
    }

    private async Task<DataDirRequest> RequestAsync(CancellationToken cancellationToken) => new()
    {
        DatabasePath = _plan.SnapshotFile,
        StageDirectory = _plan.Target.StageDirectory,
        WalStageDirectory = _plan.Target.WalStageDirectory,
        Members = [_plan.Member],
        MemberName = _plan.Member.Name,
        ClusterToken = _plan.ClusterToken,
        // With nothing known about the node's etcd the data is taken to be meant for its own version.
        TargetVersion = _plan.TargetVersion
            ?? (await Task.Run(() => SnapshotVerifier.Verify(_plan.SnapshotFile, DigestRule.Required, cancellationToken), cancellationToken)).Version,
        RevisionBump = _plan.RevisionBump,
        Owner = _plan.Owner,
    };

    private void Swap()
    {
        try
        {
            _swap.Execute();
        }
        catch (Exception e) when (e is DataDirException or IOException or UnauthorizedAccessException)
        {
            if (_swap.ReadPhase() is SwapPhase.SwappingIn or SwapPhase.RollingBack)
            {
                RestoreLog.EtcdSwapRolledBack(_log, _plan.Target.Id, _plan.Target.DataDirectory, e.Message);
                _swap.Rollback();
            }

            throw;
        }
    }

    private RestoreReport Report(BuiltDataDir built, long bytes)
    {
        bool hadMember = Directory.Exists(_plan.Target.MemberDirectory);
        string nodeOld = $"{_plan.NodeDataDirectory}/{Path.GetFileName(_plan.Target.OldMemberDirectory)}";
        RestoreReport report = new()
        {
            EntriesRestored = 1,
            BytesRestored = bytes,
            Notes =
            {
                $"{_plan.NodeDataDirectory} holds member {_plan.Member.Name} of a new cluster of one, with the data of revision {built.RevisionBefore}.",
                hadMember
                    ? $"The former data is kept in {nodeOld}. To go back: stop etcd, move {_plan.NodeDataDirectory}/member away, and rename {nodeOld} to {_plan.NodeDataDirectory}/member."
                    : $"There was no member in {_plan.NodeDataDirectory} before. To go back: stop etcd and move {_plan.NodeDataDirectory}/member away.",
                "Start etcd, then all API servers; afterwards restart controller managers, schedulers and kubelets, which remember what was undone.",
            },
            Etcd = new EtcdRestoreReport
            {
                DataDir = _plan.NodeDataDirectory,
                FormerData = hadMember ? nodeOld : "",
                ClusterId = built.ClusterId.ToString("x", CultureInfo.InvariantCulture),
                MemberId = built.MemberId.ToString("x", CultureInfo.InvariantCulture),
                SnapshotRevision = built.RevisionBefore,
                RestoredRevision = built.RevisionAfter,
                // The bump leaves one key with an empty name, which is nobody's.
                Keys = _plan.RevisionBump > 0 ? built.LiveKeys - 1 : built.LiveKeys,
            },
        };
        if (built.VersionFit == VersionFit.SkipsMinors)
        {
            report.Notes.Add($"The etcd of the node ({_plan.TargetVersion}) is more than one minor version ahead of the data; etcd supports one at a time.");
        }

        return report;
    }

    private void RemoveStaged()
    {
        File.Delete(_plan.SnapshotFile);
        foreach (string? directory in new[] { _plan.Target.StageDirectory, _plan.Target.WalStageDirectory })
        {
            if (directory is not null && Directory.Exists(directory))
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }
}
