using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Plans;

/// <summary>One entry of a plan's sources: a kind with its options, on the nodes it is for. A closed set.</summary>
public abstract record PlanSource(string Name, IReadOnlyList<NodeSelector> Nodes)
{
    /// <summary>How long the file system may be frozen while a volume is read; null for not at all.</summary>
    public TimeSpan? Freeze { get; init; }

    public abstract SourceKind Kind { get; }

    /// <summary>Whether the plan is for that node; one that never enrolled is for a plan without selectors only.</summary>
    public bool Matches(Fleet.NodeRecord? node) => Nodes.Count == 0 || (node is not null && Nodes.Any(selector => selector.Matches(node)));

    /// <summary>True when the selectors were written for this source, and not for the plan as a whole.</summary>
    public bool HasOwnNodes { get; init; }

    /// <summary>etcd, read from one member of the cluster, or from each when <paramref name="AllMembers"/>. Empty texts are discovered.</summary>
    public sealed record Etcd(
        string Name,
        IReadOnlyList<NodeSelector> Nodes,
        bool AllMembers,
        string Endpoint,
        string CaFile,
        string CertificateFile,
        string KeyFile) : PlanSource(Name, Nodes)
    {
        /// <summary>True when the database of a stopped member is copied instead of asking a server.</summary>
        public bool FromDataDirectory { get; init; }

        public override SourceKind Kind => SourceKind.Etcd;
    }

    /// <summary>Control-plane files of each control-plane node; of one node again after they changed, when <paramref name="OnChange"/>.</summary>
    public sealed record ControlPlane(string Name, IReadOnlyList<NodeSelector> Nodes, IReadOnlyList<string> ExtraPaths, bool OnChange) : PlanSource(Name, Nodes)
    {
        public override SourceKind Kind => SourceKind.ControlPlaneFiles;
    }

    /// <summary>Volumes of pods, on whatever nodes they are.</summary>
    public sealed record PodVolumes(string Name, IReadOnlyList<NodeSelector> Nodes, VolumePolicy Policy, ExcludeRules Rules) : PlanSource(Name, Nodes)
    {
        public override SourceKind Kind => SourceKind.Volume;
    }

    /// <summary>What commands in pods write to their standard output, on whatever nodes they are.</summary>
    public sealed record PodCommand(string Name, IReadOnlyList<NodeSelector> Nodes, DumpPolicy Policy) : PlanSource(Name, Nodes)
    {
        public override SourceKind Kind => SourceKind.Volume;
    }

    /// <summary>A directory tree on each node.</summary>
    public sealed record Volume(string Name, IReadOnlyList<NodeSelector> Nodes, string Path, ExcludeRules Rules, bool CrossMounts)
        : PlanSource(Name, Nodes)
    {
        public override SourceKind Kind => SourceKind.Volume;
    }
}
