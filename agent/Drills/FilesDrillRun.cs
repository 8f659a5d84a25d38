using Google.Protobuf.WellKnownTypes;
using K8sBackup.Agent.Download;
using K8sBackup.Agent.Restore;
using K8sBackup.Agent.Session;
using K8sBackup.FileTree.Native;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Drills;

/// <summary>Rehearses the restore of files: restores a sample into the scratch directory, as a restore does, and reads it back from there.</summary>
internal sealed class FilesDrillRun
{
    private readonly DrillScratch _scratch;
    private readonly TimeProvider _clock;

    public FilesDrillRun(DrillScratch scratch, TimeProvider clock)
    {
        _scratch = scratch;
        _clock = clock;
    }

    /// <exception cref="BackupException">It could not be held.</exception>
    public async Task<DrillReport> RunAsync(string workId, RestoreFeed feed, ChunkDecoder decoder, WorkMeter meter, CancellationToken cancellationToken)
    {
        meter.Begin("restoring");
        long began = _clock.GetTimestamp();
        WitnessedItems items = new(feed, decoder);
        // The restorer owns the handle it writes through; files are read back through another one.
        using FilesTarget target = new(DirectoryHandles.OpenRoot(_scratch.Files), _scratch.Files, IsOwnPlace: false, IsHostRoot: false);
        using FilesRestore restore = new(target, workId, new RestoreFilesOptions { Conflicts = ConflictPolicy.Overwrite });
        RestoreReport restored = await restore.RunAsync(items, decoder, meter, cancellationToken);
        TimeSpan restoring = _clock.GetElapsedTime(began);
        if (restored.Failed > 0)
        {
            return new DrillReport { Reason = $"{restored.Failed} of the sample could not be restored; {Describe(restored)}" };
        }

        meter.Begin("comparing");
        began = _clock.GetTimestamp();
        string? difference = await Task.Run(() => Compare(items.Files, cancellationToken), cancellationToken);
        return difference is not null ? new DrillReport { Reason = difference } : new DrillReport
        {
            Passed = true,
            Files = new FilesDrillResult
            {
                Files = items.Files.Count,
                Bytes = items.Files.Sum(file => file.Size),
                Restoring = Duration.FromTimeSpan(restoring),
                Comparing = Duration.FromTimeSpan(_clock.GetElapsedTime(began)),
            },
        };
    }

    private static string Describe(RestoreReport report) =>
        report.Items.Count == 0 ? "nothing says why" : $"{report.Items[0].Path}: {report.Items[0].Reason}";

    private string? Compare(IReadOnlyList<RestoredFile> files, CancellationToken cancellationToken)
    {
        using SafeFileHandle root = DirectoryHandles.OpenRoot(_scratch.Files);
        try
        {
            return ReadBack.Compare(root, files, cancellationToken);
        }
        catch (IOException e)
        {
            throw new BackupException(FailureCause.TargetUnusable, $"What was restored cannot be read back: {e.Message}", e);
        }
    }
}
