using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What the status of a BackupPlan says.</summary>
internal static class PlanStatuses
{
    /// <param name="resource">The object as it is.</param>
    /// <param name="faults">What is wrong with its spec.</param>
    /// <param name="plan">The version in force; null when there is none.</param>
    /// <param name="runs">Runs of the whole plan, newest first.</param>
    /// <param name="review">What is protected; null when that is not known yet.</param>
    /// <param name="backupOf">Name of a run's Backup object; empty when it has none.</param>
    /// <param name="now">The time.</param>
    public static BackupPlanStatus Of(
        BackupPlanResource resource, IReadOnlyList<string> faults, BackupPlan? plan, IReadOnlyList<RunRecord> runs, PlanReview? review, Func<RunRecord, string> backupOf, DateTimeOffset now)
    {
        DateTimeOffset? next = plan is { Schedule: { } schedule, Paused: false } && schedule.NextAfter(now) is var due && due < DateTimeOffset.MaxValue ? due : null;
        BackupPlanStatus before = resource.Status;
        RunRecord? good = runs.FirstOrDefault(r => r.State == RunState.Completed);
        RunRecord? ended = runs.FirstOrDefault(r => r.IsOver);
        return new BackupPlanStatus
        {
            ObservedGeneration = resource.Metadata.Generation,
            Conditions = Scheduled(resource, Ready(resource, faults, plan, now), plan, next, now).Covered(review, plan is not null, resource.Metadata.Generation, now),
            NextRun = Conditions.Seconds(next),

            // What a history that was lost does not know any more stays as it was.
            LastRun = runs.Count > 0 ? Run(runs[0], backupOf) : before.LastRun,
            LastSuccessful = good is not null ? Run(good, backupOf) : before.LastSuccessful,
            Coverage = PlanCoverages.Of(review, ended, before.Coverage),
        };
    }

    private static IReadOnlyList<Condition> Ready(BackupPlanResource resource, IReadOnlyList<string> faults, BackupPlan? plan, DateTimeOffset now)
    {
        string state = plan is null ? "The plan is not in force." : "The last good version stays in force.";
        return faults.Count == 0
            ? resource.Status.Conditions.With(Conditions.Ready, true, "Valid", "The plan is in force.", resource.Metadata.Generation, now)
            : resource.Status.Conditions.With(Conditions.Ready, false, "Invalid", $"{string.Join(' ', faults)} {state}", resource.Metadata.Generation, now);
    }

    private static IReadOnlyList<Condition> Scheduled(
        BackupPlanResource resource, IReadOnlyList<Condition> conditions, BackupPlan? plan, DateTimeOffset? next, DateTimeOffset now)
    {
        (bool status, string reason, string message) = plan switch
        {
            null => (false, "NotInForce", "There is no good version of the plan."),
            { Paused: true } => (false, "Paused", "The schedule is not followed; runs on demand still work."),
            { Schedule: null } => (false, "OnDemand", "The plan has no schedule."),
            _ => next is null ? (false, "NeverDue", "The schedule never comes again.") : (true, "Following", $"The schedule '{plan.Schedule.Text}' is followed in {plan.TimeZone}."),
        };
        return conditions.With(Conditions.Scheduled, status, reason, message, resource.Metadata.Generation, now);
    }

    private static PlanRun Run(RunRecord run, Func<RunRecord, string> backupOf) => new()
    {
        Backup = backupOf(run),
        Run = run.Id.ToString(),
        Phase = run.State.ToString(),
        StartTime = Conditions.Seconds(run.StartedAt),
        CompletionTime = Conditions.Seconds(run.FinishedAt),
        RestorePoint = run.PointCommitted ? run.Point.ToString()! : "",
    };
}
