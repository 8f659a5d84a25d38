namespace K8sBackup.Coordinator.Plans;

/// <summary>The plans there are, from whichever home they have: files of a directory, or BackupPlan objects of a cluster.</summary>
public interface IPlans
{
    /// <summary>The plans in force and the faults, at this moment. Any thread.</summary>
    PlanSet Current { get; }
}
