using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>How a plan is doing.</summary>
public sealed record BackupPlanStatus
{
    public long? ObservedGeneration { get; init; }

    public IReadOnlyList<Condition> Conditions { get => field ?? []; init; }

    public DateTimeOffset? NextRun { get; init; }

    public PlanRun? LastRun { get; init; }

    public PlanRun? LastSuccessful { get; init; }

    public PlanCoverage? Coverage { get; init; }
}
