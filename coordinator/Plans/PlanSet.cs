namespace K8sBackup.Coordinator.Plans;

/// <summary>All plans in force and all faults, at one moment.</summary>
public sealed record PlanSet(IReadOnlyList<BackupPlan> Plans, IReadOnlyList<PlanFault> Faults)
{
    public static readonly PlanSet Empty = new([], []);

    public BackupPlan? Find(string name) => Plans.FirstOrDefault(plan => plan.Name == name);
}
