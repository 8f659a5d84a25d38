using K8sBackup.Coordinator.Plans;
using K8sBackup.Repository.Pruning;

namespace K8sBackup.Coordinator.Retention;

/// <summary>When and how the coordinator prunes.</summary>
public sealed record PruneSettings
{
    public const string ScheduleDefault = "45 4 * * *";

    /// <summary>When; null for on demand only.</summary>
    public CronSchedule? Schedule { get; init; } =
        CronSchedule.TryParse(ScheduleDefault, TimeZoneInfo.Utc, out CronSchedule? schedule, out _) ? schedule : null;

    public PruneOptions Options { get; init; } = new();
}
