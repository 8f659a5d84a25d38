using Google.Protobuf;
using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Plans;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.Mapping;
using Wire = K8sBackup.Transport.V1;

namespace K8sBackup.Coordinator.Runs;

/// <summary>Turns a plan and the nodes known into the sources of a run.</summary>
public static class RunResolver
{
    /// <summary>
    /// The sources, and a note for each rule that cannot be met. etcd and control-plane files come from nodes with the
    /// control-plane role only; etcd from one of them unless the plan says all: a connected one if there is any, and
    /// among equals the first by name, so that successive runs read the same member and find their parent snapshot. The
    /// others are asked when that one gives nothing to rely on.
    /// A worker that is asked for them is a source that has failed already, denied.
    /// </summary>
    public static ResolvedSources Resolve(BackupPlan plan, RunId run, NodeRegistry nodes, DateTimeOffset now, IClusterView? cluster = null)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(nodes);
        List<RunSource> sources = [];
        List<string> notes = [];
        List<string> remarks = [];
        IReadOnlyCollection<NodeRecord> known = nodes.Nodes;
        PodResolution pods = new(run, nodes, now, cluster);
        foreach (PlanSource rule in plan.Sources)
        {
            ResolvedSources? ofPods = rule switch
            {
                PlanSource.PodVolumes volumes => new VolumeResolver(volumes, pods).Resolve(sources),
                PlanSource.PodCommand command => new DumpResolver(command, pods).Resolve(),
                _ => null,
            };
            if (ofPods is not null)
            {
                sources.AddRange(ofPods.Sources);
                notes.AddRange(ofPods.Notes);
                remarks.AddRange(ofPods.Remarks);
                continue;
            }

            string label = $"{SourceKey.KindName(rule.Kind)}/{rule.Name}";
            NodeRecord[] matching = [.. known.Where(n => rule.Nodes.Count == 0 || rule.Nodes.Any(s => s.Matches(n)))];
            NodeRecord[] able = [.. matching.Where(n => WorkAccess.IsAllowed(rule.Kind, n.Role))];
            notes.AddRange(rule.Nodes.SelectMany(s => s.ExactNames)
                .Where(name => nodes.Find(name) is null)
                .Distinct()
                .Select(name => $"{label}: the node {name} has never enrolled."));
            NodeRecord[] denied = [.. matching.Where(n => IsDenied(rule, n, others: able))];
            if (able.Length == 0 && denied.Length == 0)
            {
                notes.Add(matching.Length == 0
                    ? $"{label}: no node matches."
                    : $"{label}: no control-plane node matches, only workers.");
            }

            sources.AddRange(Chosen(rule, able, nodes, run));
            sources.AddRange(denied.Select(node => Denied(Source(rule, node, run), now)));
        }

        return new ResolvedSources(sources, notes) { Remarks = remarks };
    }

    /// <summary>True when the plan takes control-plane files of the node and wants them again after a change.</summary>
    public static bool CapturesChanges(BackupPlan plan, NodeRecord? node)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return node is not null && plan.Sources.OfType<PlanSource.ControlPlane>().Any(rule =>
            rule.OnChange && WorkAccess.IsAllowed(rule.Kind, node.Role) && (rule.Nodes.Count == 0 || rule.Nodes.Any(s => s.Matches(node))));
    }

    // Selectors that fit other nodes, too, may pass a worker over; a source whose own name it, or that fit only workers, ask it.
    private static bool IsDenied(PlanSource rule, NodeRecord node, NodeRecord[] others) =>
        !WorkAccess.IsAllowed(rule.Kind, node.Role)
        && rule.Nodes.Any(s => s.Matches(node)
            && (others.Length == 0 || (rule.HasOwnNodes && s.ExactNames.Contains(node.Name, StringComparer.Ordinal))));

    private static RunSource Denied(RunSource source, DateTimeOffset now) => source with
    {
        State = SourceState.Failed,
        FinishedAt = now,
        Failure = source.FailureOf(
            FailureCause.PermissionDenied,
            $"{source.Source.Node} is enrolled as a worker; etcd and control-plane files are taken from control-plane nodes only."),
    };

    private static IEnumerable<RunSource> Chosen(PlanSource rule, NodeRecord[] able, NodeRegistry nodes, RunId run)
    {
        if (rule is not PlanSource.Etcd { AllMembers: false } || able.Length == 0)
        {
            return able.Select(node => Source(rule, node, run));
        }

        NodeRecord[] ordered = [.. able.OrderByDescending(n => nodes.IsConnected(n.Name)).ThenBy(n => n.Name, StringComparer.Ordinal)];
        return [Source(rule, ordered[0], run) with { Alternatives = [.. ordered.Skip(1).Select(n => n.Name)] }];
    }

    private static RunSource Source(PlanSource rule, NodeRecord node, RunId run)
    {
        SourceKey key = new(node.Name, rule.Kind, rule.Name);
        Wire.BackupTask task = new() { RunId = run.ToString(), Source = SourceMapping.ToWire(key) };
        switch (rule)
        {
            case PlanSource.Etcd etcd:
                task.Etcd = new Wire.EtcdOptions
                {
                    Endpoint = etcd.Endpoint,
                    CaFile = etcd.CaFile,
                    CertificateFile = etcd.CertificateFile,
                    KeyFile = etcd.KeyFile,
                    FromDataDir = etcd.FromDataDirectory,
                };
                break;
            case PlanSource.ControlPlane files:
                task.ControlPlane = new Wire.ControlPlaneOptions { ExtraPaths = { files.ExtraPaths } };
                break;
            case PlanSource.Volume volume:
                task.Volume = new Wire.VolumeOptions { Path = volume.Path, Rules = ExclusionMapping.ToWire(volume.Rules), CrossMounts = volume.CrossMounts };
                task.FreezeSeconds = (int)(volume.Freeze ?? TimeSpan.Zero).TotalSeconds;
                break;
            default:
                throw new InvalidOperationException($"No task for a source of type {rule.GetType().Name}.");
        }

        return new RunSource { Source = key, Task = JsonFormatter.Default.Format(task), State = SourceState.Waiting };
    }
}
