namespace K8sBackup.Coordinator.Resources;

/// <summary>A run of a plan, in the plan's status.</summary>
public sealed record PlanRun
{
    /// <summary>Name of its Backup object.</summary>
    public string Backup { get => field ?? ""; init; }

    public string Run { get => field ?? ""; init; }

    public string Phase { get => field ?? ""; init; }

    public DateTimeOffset? StartTime { get; init; }

    public DateTimeOffset? CompletionTime { get; init; }

    public string RestorePoint { get => field ?? ""; init; }
}
