using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Etcd.Restoring;

/// <summary>
/// Restores the data-dir of one etcd member: (1) finish an earlier try of the same restore that died within its swap,
/// (2) refuse while an etcd holds the data, (3) bring the snapshot into the data-dir's file system, (4) build and verify
/// the new member beside the old one, (5) let the caller note the result, (6) swap by journal, keeping the old member,
/// (7) tidy up. Until (6) nothing that was there is touched; a fault in (6) is rolled back.
/// </summary>
public sealed class MemberRestore
{
    private readonly MemberRestorePlan _plan;
    private readonly IMemberRestoreSteps _steps;
    private readonly DataDirSwap _swap;

    public MemberRestore(MemberRestorePlan plan, IMemberRestoreSteps steps)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan;
        _steps = steps;
        _swap = new DataDirSwap(plan.Target);
    }

    /// <summary>The result; null when all there was to do was to finish an earlier try.</summary>
    /// <exception cref="BackupException">It failed; what was there is there.</exception>
    public async Task<MemberRestoreResult?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // (1)
            if (FinishEarlierTry())
            {
                return null;
            }

            // (2)
            RefuseWhileInUse();
            return await RestoreAsync(cancellationToken);
        }
        catch (Exception e) when (RestoreFailures.Of(e) is { } failure)
        {
            throw failure;
        }
    }

    private bool FinishEarlierTry()
    {
        if (!Directory.Exists(_plan.Target.DataDirectory) || _swap.ReadPhase() is not { } phase)
        {
            return false;
        }

        _steps.FoundUnfinishedSwap(phase);
        _swap.Resume();
        if (_swap.ReadPhase() != SwapPhase.SwappedIn)
        {
            return false;
        }

        RemoveStaged();
        return true;
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

    private async Task<MemberRestoreResult> RestoreAsync(CancellationToken cancellationToken)
    {
        bool created = !Directory.Exists(_plan.Target.DataDirectory);
        Directory.CreateDirectory(_plan.Target.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        bool swapped = false;
        try
        {
            RemoveStaged();
            // (3)
            _steps.Begin("downloading");
            await _steps.FetchAsync(_plan.SnapshotFile, cancellationToken);
            // (4)
            _steps.Begin("building");
            DataDirRequest request = await RequestAsync(cancellationToken);
            BuiltDataDir built = await new DataDirBuilder().BuildAsync(request, cancellationToken);
            // (5)
            MemberRestoreResult result = MemberRestoreResult.Of(_plan, built);
            _steps.BeforeSwap(result);
            // (6)
            cancellationToken.ThrowIfCancellationRequested();
            _steps.Begin("swapping");
            Swap();
            swapped = true;
            return result;
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
        TargetVersion = _plan.TargetVersion
            ?? (await Task.Run(() => SnapshotVerifier.Verify(_plan.SnapshotFile, DigestRule.Required, cancellationToken), cancellationToken)).Version,
        Revision = _plan.Revision,
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
                _steps.RollingBack(e.Message);
                _swap.Rollback();
            }

            throw;
        }
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
