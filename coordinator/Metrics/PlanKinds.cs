using K8sBackup.Coordinator.Plans;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Metrics;

/// <summary>The kinds of source each plan in force asks for.</summary>
internal static class PlanKinds
{
    public static IEnumerable<(string Plan, SourceKind Kind)> Of(PlanSet plans) =>
        plans.Plans.SelectMany(plan => plan.Sources.Select(source => (plan.Name, source.Kind))).Distinct();
}
