using K8sBackup.Coordinator.Hooks;
using K8sBackup.Model.Retention;

namespace K8sBackup.Coordinator.Plans;

/// <summary>A plan in force: what, when, and how long kept. Read from a file by <see cref="PlanParser"/>.</summary>
public sealed record BackupPlan
{
    public required string Name { get; init; }

    /// <summary>Null for a plan run on demand only.</summary>
    public required CronSchedule? Schedule { get; init; }

    /// <summary>Name of the schedule's time zone as written.</summary>
    public required string TimeZone { get; init; }

    /// <summary>True while the schedule is not followed; the plan can still be run on demand.</summary>
    public required bool Paused { get; init; }

    /// <summary>Whether schedules missed while the coordinator was down are made up for, once.</summary>
    public required bool CatchUp { get; init; }

    public required IReadOnlyList<PlanSource> Sources { get; init; }

    /// <summary>Commands to run in pods before and after their volumes are read; the first rule that fits a pod is the one.</summary>
    public IReadOnlyList<HookRule> Hooks { get; init; } = [];

    public required RetentionPolicy Retention { get; init; }

    /// <summary>How long nobody can delete a restore point from its commit on, by the store's object lock; null for no such time.</summary>
    public required TimeSpan? ImmutableFor { get; init; }

    /// <summary>Sources worked on at the same time; null for the coordinator's own bound.</summary>
    public required int? MaxConcurrent { get; init; }

    /// <summary>How long a run waits for a node whose agent is not connected.</summary>
    public required TimeSpan NodeWait { get; init; }

    /// <summary>The file's text.</summary>
    public required string Yaml { get; init; }

    /// <summary>The file's name in the plan directory.</summary>
    public required string File { get; init; }
}
