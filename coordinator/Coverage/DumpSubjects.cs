using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.KubernetesApi.Pods;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>Every dump the plans ask for, and every pod whose annotations ask for one no plan takes. Pure.</summary>
internal static class DumpSubjects
{
    // What pods ask for by themselves.
    private static readonly DumpPolicy Annotated = new();

    public static IEnumerable<CoverageSubject> Of(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes, ClusterState? cluster)
    {
        if (cluster is null)
        {
            return [];
        }

        (string Plan, PlanSource.PodCommand Rule)[] rules =
            [.. plans.SelectMany(plan => plan.Sources.OfType<PlanSource.PodCommand>(), (plan, rule) => (plan.Name, rule))];
        HashSet<string> taken = [.. rules.SelectMany(r => DumpSelection.Fitting(cluster, r.Rule.Policy)).Select(pod => pod.Metadata.Uid)];
        return
        [
            .. rules.SelectMany(r => Decide(r.Rule, cluster, nodes), (r, decision) => (r.Plan, r.Rule, Decision: decision))
                .GroupBy(d => d.Decision.SourceName, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => group.OrderBy(d => d.Decision.Reason.Length > 0).First())
                .Select(d => Subject(d.Plan, d.Rule.Name, d.Decision)),
            .. DumpSelection.Fitting(cluster, Annotated)
                .Where(pod => !taken.Contains(pod.Metadata.Uid))
                .OrderBy(pod => pod.Metadata.Namespace, StringComparer.Ordinal)
                .ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal)
                .Select(Missed),
        ];
    }

    private static IReadOnlyList<DumpDecision> Decide(PlanSource.PodCommand rule, ClusterState cluster, IReadOnlyCollection<NodeRecord> nodes)
    {
        Dictionary<string, NodeRecord> known = nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        return DumpSelection.Decide(cluster, rule.Name, rule.Policy, node => rule.Matches(known.GetValueOrDefault(node)));
    }

    private static CoverageSubject Subject(string plan, string rule, DumpDecision decision) => new(
        CoverageKind.Dump,
        decision.Volume.Namespace,
        $"{decision.Owner}/{rule}",
        "",
        decision.Reason.Length == 0 ? CoverageVerdict.Taken : CoverageVerdict.Missed,
        plan,
        rule,
        decision.Reason,
        new CoverageKey(SourceKind.Volume, PodDump.Node, decision.SourceName));

    private static CoverageSubject Missed(Pod pod)
    {
        DumpOwner owner = DumpOwner.Of(pod, oneOfOwner: false);
        return new CoverageSubject(
            CoverageKind.Dump,
            owner.Namespace,
            owner.Name,
            "",
            CoverageVerdict.Missed,
            "",
            "",
            $"The pod {pod.Metadata.Name} asks for a dump by its annotation, and no plan takes it.",
            new CoverageKey(SourceKind.Volume, PodDump.Node, owner.SourceName("")));
    }
}
