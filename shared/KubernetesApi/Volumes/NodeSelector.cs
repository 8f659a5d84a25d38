namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Fits a node when one of the terms does.</summary>
public sealed record NodeSelector
{
    public IReadOnlyList<NodeSelectorTerm> NodeSelectorTerms { get => field ?? []; init; }
}
