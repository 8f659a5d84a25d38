using Google.Protobuf;
using K8sBackup.Agent.Upload;
using K8sBackup.Agent.Volumes.Reading;
using K8sBackup.FileTree.Native;
using K8sBackup.FileTree.Walking;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Model.Trees;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Microsoft.Win32.SafeHandles;
using SnapshotCounts = K8sBackup.Model.Manifests.SnapshotCounts;

namespace K8sBackup.Agent.Volumes;

/// <summary>The part volumes and control-plane files have in common: one walk, captured and put into words.</summary>
internal sealed class TreeSource
{
    private readonly TotalsMemory _totals;
    private readonly ReadPolicy _policy;
    private readonly TimeProvider _clock;

    public TreeSource(TotalsMemory totals, ReadPolicy policy, TimeProvider clock)
    {
        _totals = totals;
        _policy = policy;
        _clock = clock;
    }

    /// <summary>
    /// Captures what the walk of <paramref name="root"/> meets. The name is the source in text form, for the memory of
    /// totals; the path is where the source lies, and what is missing should have been there: both for the manifest.
    /// </summary>
    public async Task<Finish> CaptureAsync(
        string name, string path, SafeFileHandle root, WalkOptions options, IReadOnlyList<string> missing, CaptureContext context, CancellationToken cancellationToken)
    {
        context.Meter.Begin("reading", restart: true);
        using CancellationTokenSource counted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task counting = _totals.Recall(name, context.Meter)
            ? Task.CompletedTask
            : Task.Run(() => TotalsMemory.Count(root, options, context.Meter, _policy, counted.Token), CancellationToken.None);
        try
        {
            using PatientReader files = new(_policy, cancellationToken);
            using TreeWalker walker = new(root, options, files);
            using TreeCapture capture = new(walker, files, context, _clock.GetUtcNow());
            TreeRoot tree = await capture.RunAsync(cancellationToken);
            _totals.Note(name, tree.FileBytes, capture.Tally.Files);
            return Describe(tree, capture.Tally, walker.Exclusions, path, missing);
        }
        catch (Exception e) when (e is LinuxException or HungReadException)
        {
            throw new BackupException(FailureCause.SourceUnreadable, $"{path} cannot be read: {e.Message}", e);
        }
        finally
        {
            await counted.CancelAsync();
            await counting.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private static Finish Describe(TreeRoot tree, CaptureTally tally, Model.Manifests.Exclusions exclusions, string path, IReadOnlyList<string> missing)
    {
        bool whole = tally.Failed == 0 && missing.Count == 0;
        SnapshotCounts counts = new()
        {
            Entries = tree.Entries,
            Files = tally.Files,
            FileBytes = tree.FileBytes,
            Failed = tally.Failed,
            Changed = tally.Changed,
        };
        return new Finish
        {
            Root = ByteString.CopyFrom(tree.Block.ToArray()),
            Counts = SourceMapping.ToWire(counts),
            Outcome = SourceMapping.ToWire(whole ? SnapshotOutcome.Completed : SnapshotOutcome.PartiallyFailed),
            Items = { tally.Items.Select(EntryMapping.ToWire) },
            Missing = { missing },
            SourcePath = path,
            Exclusions = ExclusionMapping.ToWire(exclusions),
        };
    }
}
