namespace K8sBackup.KubernetesApi.Volumes;

/// <summary>Nodes from which the volume can be reached.</summary>
public sealed record VolumeNodeAffinity
{
    public NodeSelector? Required { get; init; }
}
