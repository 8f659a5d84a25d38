using K8sBackup.Coordinator.Runs;
using K8sBackup.Model.Outcomes;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What the status of a Backup says of its run. Bounded, whatever the size of the run; the same run gives the same status.</summary>
internal static class BackupStatuses
{
    /// <summary>Most sources in a status; all are in the restore point.</summary>
    public const int SourcesMax = 100;

    private const int NotesInSentence = 3;

    /// <summary>The status while there is no run yet, or there will be none.</summary>
    public static BackupStatus Waiting(BackupResource backup, string phase, string reason, string message, DateTimeOffset now) => backup.Status with
    {
        ObservedGeneration = backup.Metadata.Generation,
        Phase = phase,
        CompletionTime = ResourcePhase.IsOver(phase) ? Conditions.Seconds(now) : null,
        Conditions = ResourcePhase.Conditions(backup.Status.Conditions, phase, reason, message, backup.Metadata.Generation, now),
    };

    /// <summary>The status of the run as it stands.</summary>
    /// <param name="backup">The object as it is.</param>
    /// <param name="run">Its run.</param>
    /// <param name="progressOf">Progress of a source that goes on.</param>
    /// <param name="now">The time of conditions that change.</param>
    public static BackupStatus Of(BackupResource backup, RunRecord run, Func<RunSource, WorkProgress> progressOf, DateTimeOffset now)
    {
        string phase = run.State.ToString();
        RunProgress progress = Progress(run, progressOf);
        string reason = run.CancelledBy is not null && !run.IsOver ? "Cancelling" : phase;
        return new BackupStatus
        {
            ObservedGeneration = backup.Metadata.Generation,
            Phase = phase,
            Conditions = ResourcePhase.Conditions(backup.Status.Conditions, phase, reason, Sentence(run, progress), backup.Metadata.Generation, now),
            Run = run.Id.ToString(),
            Plan = run.Plan,
            StartTime = Conditions.Seconds(run.StartedAt),
            CompletionTime = Conditions.Seconds(run.FinishedAt),
            RestorePoint = run.PointCommitted ? run.Point.ToString()! : "",
            Progress = progress,
            Sources = [.. run.Sources.OrderBy(Rank).Take(SourcesMax).Select(Outcome)],
            SourcesOmitted = Math.Max(0, run.Sources.Count - SourcesMax),
            Warnings = Texts.Warnings(run.Notes),
        };
    }

    private static RunProgress Progress(RunRecord run, Func<RunSource, WorkProgress> progressOf)
    {
        WorkProgress[] parts = [.. run.Sources.Select(s => s.State == SourceState.Running ? progressOf(s) : s.Progress)];
        int done = run.Sources.Count(s => s.IsOver);
        return new RunProgress
        {
            SourcesTotal = run.Sources.Count,
            SourcesDone = done,
            SourcesFailed = run.Sources.Count(s => s.State is SourceState.Failed or SourceState.Cancelled),
            BytesDone = parts.Sum(p => p.BytesDone),
            BytesSent = parts.Sum(p => p.BytesSent),
            FilesDone = parts.Sum(p => p.FilesDone),
            Text = FormattableString.Invariant($"{done}/{run.Sources.Count}"),
        };
    }

    private static string Sentence(RunRecord run, RunProgress progress)
    {
        string sources = FormattableString.Invariant($"{progress.SourcesDone} of {progress.SourcesTotal} sources are over, {progress.SourcesFailed} of them without a snapshot.");
        if (run.Sources.FirstOrDefault(s => s.Failure is not null)?.Failure is { } first)
        {
            return $"{sources} First failure: {first}";
        }

        // A plan that fits nothing has no source that could fail; its notes say why.
        return run.Sources.Count == 0 && run.Notes.Count > 0 ? string.Join(' ', run.Notes.Take(NotesInSentence)) : sources;
    }

    // What people look for comes first.
    private static int Rank(RunSource source) => source.State switch
    {
        SourceState.Failed => 0,
        SourceState.PartiallyFailed => 1,
        SourceState.Cancelled => 2,
        SourceState.Running => 3,
        SourceState.Waiting => 4,
        _ => 5,
    };

    private static SourceOutcome Outcome(RunSource source) => new()
    {
        Source = source.Source.ToString(),
        State = source.State.ToString(),
        Snapshot = source.Snapshot?.ToString() ?? "",
        Reason = source.Failure?.Cause.ToString() ?? "",
        Message = Texts.Cut(source.Failure?.Message ?? "", Texts.SentenceMax),
    };
}
