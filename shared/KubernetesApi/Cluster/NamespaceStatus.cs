namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>Whether a namespace is there to stay.</summary>
public sealed record NamespaceStatus
{
    /// <summary>Active or Terminating.</summary>
    public string Phase { get => field ?? ""; init; }
}
