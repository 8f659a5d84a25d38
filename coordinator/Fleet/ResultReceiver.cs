using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Manifests;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Identity;
using K8sBackup.Transport.Mapping;
using K8sBackup.Transport.V1;
using Failure = K8sBackup.Model.Outcomes.Failure;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>Takes the results agents report, and believes none that the store does not bear out.</summary>
public sealed class ResultReceiver
{
    private const int MessageLengthMax = 2048;
    private const int ItemListedMax = Model.Manifests.ItemOutcome.ListedMax;

    private readonly WorkBoard _board;
    private readonly ISnapshotLookup _snapshots;

    public ResultReceiver(WorkBoard board, ISnapshotLookup snapshots)
    {
        _board = board;
        _snapshots = snapshots;
    }

    /// <summary>
    /// Ends the work. Results of unknown or finished work change nothing: they are repeated until acknowledged. Neither does the news that the coordinator
    /// did not know the work, when it does by now: it had just started, and the work is to be done again.
    /// </summary>
    public async Task ReceiveAsync(PeerIdentity caller, WorkResult result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(result);
        if (_board.Find(result.WorkId) is not { Completion.IsCompleted: false } item || !WorkAccess.IsAllowed(item, caller))
        {
            return;
        }

        if (result.Failure is { } failure && SourceMapping.ToModel(failure).Cause == FailureCause.WorkUnknown && item.TryRepeat())
        {
            return;
        }

        WorkOutcome outcome = result.ResultCase switch
        {
            WorkResult.ResultOneofCase.Failure => Failed(item, SourceMapping.ToModel(result.Failure)),
            WorkResult.ResultOneofCase.Backup when item.Backup is not null => await CommittedAsync(item, result.Backup, cancellationToken),
            WorkResult.ResultOneofCase.Restore when item is { Restore: not null, Step: null } => new WorkOutcome.Restored(Bounded(result.Restore)),
            WorkResult.ResultOneofCase.Step when item.Step is not null => new WorkOutcome.Stepped(StepReports.Bounded(result.Step)),
            _ => Failed(item, new Failure("", "", FailureCause.ProtocolViolation, "The agent reported a result that does not fit the work.")),
        };
        _board.ReportResult(item.WorkId, outcome);
    }

    private static WorkOutcome.Failed Failed(WorkItem item, Failure failure) => new(failure with
    {
        // The place is what the coordinator knows, not what the agent says.
        Node = item.Node,
        Source = item.Source.ToString(),
        Message = failure.Message.Length <= MessageLengthMax ? failure.Message : failure.Message[..MessageLengthMax],
    });

    private static RestoreReport Bounded(RestoreReport report)
    {
        while (report.Items.Count > ItemListedMax)
        {
            report.Items.RemoveAt(report.Items.Count - 1);
        }

        return report;
    }

    private async Task<WorkOutcome> CommittedAsync(WorkItem item, BackupResult result, CancellationToken cancellationToken)
    {
        SnapshotManifest? manifest = await _snapshots.FindAsync(item.Backup!.Run, item.Backup.Source, cancellationToken);
        return manifest is not null && manifest.Id.ToString() == result.SnapshotId
            ? new WorkOutcome.SnapshotCommitted(manifest)
            : Failed(item, new Failure("", "", FailureCause.ProtocolViolation, "The agent reported a snapshot that is not in the store."));
    }
}
