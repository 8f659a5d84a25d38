using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>
/// Everything there is to protect, as far as the fleet and the cluster's API tell: etcd, nodes, directories plans name, and every volume of every
/// pod and every claim. Pure.
/// </summary>
internal static class CoverageSubjects
{
    public static IReadOnlyList<CoverageSubject> Of(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes, ClusterState? cluster) =>
        [.. Etcd(plans, nodes), .. Nodes(plans, nodes, cluster), .. Paths(plans, nodes), .. VolumeSubjects.Of(plans, nodes, cluster), .. DumpSubjects.Of(plans, nodes, cluster)];

    private static IEnumerable<CoverageSubject> Etcd(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes)
    {
        if (nodes.All(n => n.Role != Role.ControlPlane))
        {
            return [];
        }

        (BackupPlan Plan, PlanSource Source)? taking = Taking(plans, source => source is PlanSource.Etcd && nodes.Any(n => Fits(source, n)));
        return
        [
            new CoverageSubject(
                CoverageKind.Etcd, "", "etcd", "",
                taking is null ? CoverageVerdict.Missed : CoverageVerdict.Taken,
                taking?.Plan.Name ?? "", "",
                taking is null ? "No plan takes etcd." : "",
                new CoverageKey(SourceKind.Etcd, "", "")),
        ];
    }

    private static IEnumerable<CoverageSubject> Nodes(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes, ClusterState? cluster)
    {
        foreach (NodeRecord node in nodes.OrderBy(n => n.Name, StringComparer.Ordinal))
        {
            CoverageKey key = new(SourceKind.ControlPlaneFiles, node.Name, "");
            (BackupPlan Plan, PlanSource Source)? taking = Taking(plans, source => source is PlanSource.ControlPlane && Fits(source, node));
            yield return node.Role != Role.ControlPlane
                ? new CoverageSubject(CoverageKind.Node, "", node.Name, node.Name, CoverageVerdict.LeftOut, "", "", "A worker holds nothing but volumes, which are listed by themselves.", key)
                : taking is { } found
                    ? new CoverageSubject(CoverageKind.Node, "", node.Name, node.Name, CoverageVerdict.Taken, found.Plan.Name, "", "", key)
                    : new CoverageSubject(CoverageKind.Node, "", node.Name, node.Name, CoverageVerdict.Missed, "", "", "No plan takes its control-plane files.", key);
        }

        HashSet<string> known = [.. nodes.Select(n => n.Name)];
        foreach (string name in (cluster?.Nodes ?? []).Where(n => !known.Contains(n)).Order(StringComparer.Ordinal))
        {
            yield return new CoverageSubject(
                CoverageKind.Node, "", name, name, CoverageVerdict.Missed, "", "", "No agent of it has enrolled.", new CoverageKey(SourceKind.ControlPlaneFiles, name, ""));
        }
    }

    private static IEnumerable<CoverageSubject> Paths(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes) =>
        from plan in plans
        from source in plan.Sources.OfType<PlanSource.Volume>()
        from node in nodes.OrderBy(n => n.Name, StringComparer.Ordinal)
        where Fits(source, node)
        select new CoverageSubject(
            CoverageKind.Path, "", source.Path, node.Name, CoverageVerdict.Taken, plan.Name, source.Name, "", new CoverageKey(SourceKind.Volume, node.Name, source.Name));

    private static (BackupPlan Plan, PlanSource Source)? Taking(IReadOnlyList<BackupPlan> plans, Func<PlanSource, bool> takes)
    {
        foreach (BackupPlan plan in plans)
        {
            if (plan.Sources.FirstOrDefault(takes) is { } source)
            {
                return (plan, source);
            }
        }

        return null;
    }

    private static bool Fits(PlanSource source, NodeRecord node) =>
        WorkAccess.IsAllowed(source.Kind, node.Role) && (source.Nodes.Count == 0 || source.Nodes.Any(selector => selector.Matches(node)));
}
