using K8sBackup.Coordinator.Plans;
using Microsoft.Extensions.Logging;

namespace K8sBackup.Coordinator.Resources;

/// <summary>Takes in BackupPlans and says in the log what changed.</summary>
internal static class PlanLoading
{
    public static void Take(ResourcePlans plans, IReadOnlyList<BackupPlanResource> objects, ILogger log)
    {
        if (!plans.Update(objects))
        {
            return;
        }

        PlanSet now = plans.Current;
        ResourceLog.Loaded(log, now.Plans.Count, string.Join(", ", now.Plans.Select(p => p.Name)));
        foreach (PlanFault fault in now.Faults)
        {
            ResourceLog.Fault(log, fault.File, fault.Reason, fault.LastGoodInForce ? "the last good version stays in force" : "it is not in force");
        }
    }
}
