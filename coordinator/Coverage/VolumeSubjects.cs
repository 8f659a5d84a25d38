using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;
using K8sBackup.Transport.Identity;

namespace K8sBackup.Coordinator.Coverage;

/// <summary>Every volume of every pod and every claim, with what all plans together make of it. Pure.</summary>
internal static class VolumeSubjects
{
    // What there is, when no plan asks.
    private static readonly VolumePolicy Nobodys = new(TakesClaims: true, Annotations: false, [], UnmountedFails: true);

    public static IEnumerable<CoverageSubject> Of(IReadOnlyList<BackupPlan> plans, IReadOnlyCollection<NodeRecord> nodes, ClusterState? cluster)
    {
        if (cluster is null)
        {
            return [];
        }

        (string Plan, VolumeDecision Decision)[] decisions =
        [
            .. plans.SelectMany(plan => plan.Sources.OfType<PlanSource.PodVolumes>(), (plan, rule) => (Plan: plan, Rule: rule))
                .SelectMany(p => Decide(p.Rule, cluster, nodes), (p, decision) => (p.Plan.Name, decision)),
        ];
        if (decisions.Length == 0)
        {
            decisions = [.. VolumeSelection.Decide(cluster, Nobodys, _ => true, _ => true).Select(decision => ("", decision))];
        }

        return decisions.GroupBy(d => KeyOf(d.Decision)).OrderBy(g => g.Key.Name, StringComparer.Ordinal).ThenBy(g => g.Key.Node, StringComparer.Ordinal)
            .Select(group => Subject(group.Key, [.. group], nodes));
    }

    private static IReadOnlyList<VolumeDecision> Decide(PlanSource.PodVolumes rule, ClusterState cluster, IReadOnlyCollection<NodeRecord> nodes)
    {
        Dictionary<string, NodeRecord> known = nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        return VolumeSelection.Decide(
            cluster, rule.Policy, known.ContainsKey, node => rule.Nodes.Count == 0 || (known.TryGetValue(node, out NodeRecord? record) && rule.Nodes.Any(s => s.Matches(record))));
    }

    // A directory of a node is another one on another node; any other volume is the same wherever it is read.
    private static CoverageKey KeyOf(VolumeDecision decision) =>
        new(SourceKind.Volume, decision.HostPath.Length > 0 ? decision.Node : "", decision.SourceName);

    // Who takes it wins over who cannot, and that over who leaves it out.
    private static CoverageSubject Subject(CoverageKey key, (string Plan, VolumeDecision Decision)[] decisions, IReadOnlyCollection<NodeRecord> nodes)
    {
        (string plan, VolumeDecision decision) = decisions.OrderBy(d => d.Decision.State switch
        {
            VolumeState.Chosen => 0,
            VolumeState.Impossible => 1,
            _ => 2,
        }).First();
        PodVolume volume = decision.Volume;
        (CoverageKind kind, string name) = volume.Claim.Length > 0 ? (CoverageKind.Claim, volume.Claim)
            : decision.HostPath.Length > 0 ? (CoverageKind.HostPath, decision.HostPath)
            : (CoverageKind.PodVolume, $"{volume.Pod}/{volume.Volume}");
        (CoverageVerdict verdict, string reason) = decision.State switch
        {
            VolumeState.NeverRead => (CoverageVerdict.LeftOut, "What it shows is in etcd or a registry."),
            // What static pods of a control-plane node mount is among its control-plane files, or is etcd's.
            _ when (plan.Length == 0 || decision.State != VolumeState.Chosen) && IsOfTheControlPlane(decision, nodes) => (CoverageVerdict.LeftOut, "A part of the node: etcd and control-plane files are sources of their own."),
            _ when plan.Length == 0 && kind != CoverageKind.PodVolume => (CoverageVerdict.Missed, "No plan takes volumes of pods."),
            VolumeState.Chosen => (CoverageVerdict.Taken, ""),
            VolumeState.Impossible => (CoverageVerdict.Missed, decision.Reason),
            _ => (CoverageVerdict.LeftOut, $"Left out by {decision.Rule}."),
        };
        return new CoverageSubject(kind, kind == CoverageKind.HostPath ? "" : volume.Namespace, name, decision.Node, verdict, plan, decision.Rule, reason, key);
    }

    private static bool IsOfTheControlPlane(VolumeDecision decision, IReadOnlyCollection<NodeRecord> nodes) =>
        decision.IsOfTheSystem && decision.HostPath.Length > 0 && nodes.Any(node => node.Name == decision.Node && node.Role == Role.ControlPlane);
}
