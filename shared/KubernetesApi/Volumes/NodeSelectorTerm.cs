namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Fits a node when all of its conditions do.</summary>
public sealed record NodeSelectorTerm
{
    public IReadOnlyList<NodeSelectorRequirement> MatchExpressions { get => field ?? []; init; }

    public IReadOnlyList<NodeSelectorRequirement> MatchFields { get => field ?? []; init; }
}
