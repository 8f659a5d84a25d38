using K8sBackup.Coordinator.Fleet;
using K8sBackup.Coordinator.Volumes;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Runs;

/// <summary>What the sources of a run that come from pods are worked out with.</summary>
/// <param name="Run">The run.</param>
/// <param name="Nodes">The nodes known.</param>
/// <param name="Now">When what has failed already has failed.</param>
/// <param name="Cluster">What is known of pods; null when nothing ever is.</param>
internal sealed record PodResolution(RunId Run, NodeRegistry Nodes, DateTimeOffset Now, IClusterView? Cluster)
{
    /// <summary>Resolves by the cluster's state; where there is none, no sources and a note that says why.</summary>
    public ResolvedSources By(string label, Func<ClusterState, ResolvedSources> resolve) =>
        Cluster?.Current is { } state ? resolve(state) : new ResolvedSources([], [ClusterRemarks.Unknown(label, Cluster)]);
}
