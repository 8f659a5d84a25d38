using K8sBackup.Coordinator.ClusterRestores;
using K8sBackup.Coordinator.Restores;
using K8sBackup.Model.Outcomes;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What the status of a Restore says.</summary>
internal static class RestoreStatuses
{
    /// <summary>The status without a restore under way.</summary>
    public static RestoreStatus Waiting(RestoreResource restore, string phase, string reason, string message, DateTimeOffset now) => restore.Status with
    {
        ObservedGeneration = restore.Metadata.Generation,
        Phase = phase,
        CompletionTime = ResourcePhase.IsOver(phase) ? restore.Status.CompletionTime ?? Conditions.Seconds(now) : null,
        Conditions = ResourcePhase.Conditions(restore.Status.Conditions, phase, reason, message, restore.Metadata.Generation, now),
    };

    /// <summary>The status of a restore on one node.</summary>
    public static RestoreStatus Of(RestoreResource restore, RestoreRecord record, WorkProgress progress, DateTimeOffset now)
    {
        string phase = record.State == RestoreState.Waiting ? ResourcePhase.Pending : record.State.ToString();
        Wire.RestoreReport report = record.Report is { } json ? MessageJson.Parse<Wire.RestoreReport>(json) : new Wire.RestoreReport();
        string message = record.Failure?.ToString() ?? (record.IsOver
            ? FormattableString.Invariant($"{report.EntriesRestored} entries restored, {report.EntriesSkipped} left as they were, {report.Failed} failed.")
            : record.State == RestoreState.Waiting ? $"Waits for the agent of {record.Node}." : $"The agent of {record.Node} is at it.");
        return new RestoreStatus
        {
            ObservedGeneration = restore.Metadata.Generation,
            Phase = phase,
            Conditions = ResourcePhase.Conditions(
                restore.Status.Conditions, phase, record.Failure?.Cause.ToString() ?? phase, message, restore.Metadata.Generation, now),
            Restore = record.Id.ToString(),
            RestorePoint = record.Point.ToString(),
            Snapshot = record.Snapshot.ToString(),
            Node = record.Node,
            Into = record.Into is { } into
                ? new RestoredVolume { Namespace = into.Namespace, Pod = into.Pod, Volume = into.Volume, Claim = into.Claim, ClaimUid = into.ClaimUid }
                : null,
            StartTime = Conditions.Seconds(record.StartedAt),
            CompletionTime = Conditions.Seconds(record.FinishedAt),
            Progress = record.IsOver ? restore.Status.Progress : Progress(progress),
            RestoredEntries = report.EntriesRestored,
            SkippedEntries = report.EntriesSkipped,
            FailedEntries = report.Failed,
            RestoredBytes = report.BytesRestored,
            DeletedEntries = report.EntriesDeleted,
            Preview = report.Preview is { } preview
                ? new RestorePreviewStatus { Create = preview.Create, Replace = preview.Replace, Keep = preview.Keep, Delete = preview.Delete, Fail = preview.Fail }
                : null,
            Warnings = Texts.Warnings([.. report.Items.Select(i => $"{i.Path}: {i.Reason}"), .. report.Notes]),
        };
    }

    /// <summary>The status of a restore of the cluster's etcd.</summary>
    public static RestoreStatus Of(RestoreResource restore, ClusterRestoreRecord record, DateTimeOffset now)
    {
        string phase = record.State switch
        {
            RestoreState.Waiting when record.ConfirmedBy.Length == 0 => ResourcePhase.Pending,
            RestoreState.Waiting => ResourcePhase.Running,
            var state => state.ToString(),
        };
        return new RestoreStatus
        {
            ObservedGeneration = restore.Metadata.Generation,
            Phase = phase,
            Conditions = ResourcePhase.Conditions(
                restore.Status.Conditions, phase, record.Failure?.Cause.ToString() ?? record.Phase.ToString(),
                record.Failure?.ToString() ?? $"The restore of the cluster is at {record.Phase}.", restore.Metadata.Generation, now),
            Restore = record.Id.ToString(),
            RestorePoint = record.Point.ToString(),
            Snapshot = record.Snapshot.ToString(),
            StartTime = Conditions.Seconds(record.StartedAt),
            CompletionTime = Conditions.Seconds(record.FinishedAt),
            Progress = new RestoreProgress { Phase = record.Phase.ToString() },
            Warnings = Texts.Warnings([.. record.Obstacles, .. record.Warnings]),
        };
    }

    private static RestoreProgress Progress(WorkProgress progress) => new()
    {
        Phase = progress.Phase,
        BytesDone = progress.BytesDone,
        BytesTotal = progress.BytesTotal,
        FilesDone = progress.FilesDone,
        FilesTotal = progress.FilesTotal,
    };
}
