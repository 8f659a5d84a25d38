namespace K8sBackup.KubernetesApi.Cluster;

/// <summary>A name or address of the node.</summary>
public sealed record NodeAddress
{
    public string Type { get => field ?? ""; init; }

    public string Address { get => field ?? ""; init; }
}
